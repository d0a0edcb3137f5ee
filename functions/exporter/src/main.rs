//! The exporter's Lambda: wires settings, clients and ports, and hands each batch to [`exporter::batch`].
fn main() {}
