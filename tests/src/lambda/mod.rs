//! The functions' surroundings in AWS, for tests that run the deployed binaries. There is the Lambda service
//! that hands them events ([`RuntimeApi`], and [`Function`] for a process on it), an event bus ([`EventBus`])
//! and a message queue ([`MessageQueue`]). Bus and queue speak the AWS JSON protocol and are as strict as
//! AWS, so the conformance suites run the adapters on them. Lambda also stops a function that keeps feeding
//! its own queue ([`NoticeQueue`]), and it filters a function's log ([`log_filter`]).
//!
//! The tables and buckets are the embedded stand-ins of the package `sandbox`, which this package's library
//! doesn't link; a test that starts a function names them in its environment.

mod aws_json;
mod event_bus;
mod function;
pub mod log_filter;
mod message_queue;
mod notice_queue;
mod runtime_api;
mod sqs_event;

pub use event_bus::EventBus;
pub use function::{Function, ProcessOutput, environment_of};
pub use message_queue::MessageQueue;
pub use notice_queue::{Invocation, NoticeQueue, RecursiveLoop};
pub use runtime_api::{Answer, RuntimeApi};
pub use sqs_event::{message_id, sqs_event};

/// Serves a stand-in on a free port of this machine, for as long as the test's runtime lives; returns
/// `host:port`.
async fn serve(router: axum::Router) -> std::io::Result<String> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}
