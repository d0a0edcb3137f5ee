//! The adapters at the edges: bus and queue on the wire, staging and customers against the embedded
//! stand-ins, all through the real SDKs. One binary, since each one links the SDKs.

#[cfg(test)]
mod anonymous_reader;
#[cfg(test)]
mod assumed_role;
#[cfg(test)]
mod bus;
#[cfg(test)]
mod customers;
#[cfg(test)]
mod delivery_errors;
#[cfg(test)]
mod events_writer;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod probe;
#[cfg(test)]
mod queue;
#[cfg(test)]
mod reader;
#[cfg(test)]
mod reader_function;
#[cfg(test)]
mod receiver;
#[cfg(test)]
mod server;
#[cfg(test)]
mod signing;
#[cfg(test)]
mod staging;
#[cfg(test)]
mod webhooks;
#[cfg(test)]
mod wire;
#[cfg(test)]
mod world;
