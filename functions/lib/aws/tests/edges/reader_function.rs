//! The reader's function on the wire: what is sent, and what each answer means.

use aws::reader::LambdaReader;
use ports::{PortError, ReaderClient as _};

use crate::server::{ScriptedResponse, Server};
use crate::world::services_of;

async fn ask(answers: Vec<ScriptedResponse>) -> (Result<Vec<u8>, PortError>, Server) {
    let server = Server::start(answers).await;
    let sdk = services_of(&server.url).config(|at| Some(&at.s3));
    let reader = LambdaReader::new(&sdk, "auditferry-Reader-1".to_owned());
    (reader.ask(b"{\"ask\":1}".to_vec()).await, server)
}

#[tokio::test]
async fn a_query_is_one_invocation_that_waits_for_its_answer() {
    let (answer, server) = ask(vec![ScriptedResponse::new(200, "{\"found\":2}")]).await;
    assert_eq!(answer.unwrap(), b"{\"found\":2}");
    let seen = server.requests();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].path, "/2015-03-31/functions/auditferry-Reader-1/invocations");
    assert_eq!(seen[0].header("x-amz-invocation-type"), Some("RequestResponse"));
    assert_eq!(seen[0].body.as_ref(), b"{\"ask\":1}");
}

#[tokio::test]
async fn each_failure_says_what_to_do_and_repeats_nothing_of_the_query() {
    let failed = |kind: &str| {
        let body = format!("{{\"errorType\":\"{kind}\",\"errorMessage\":\"actor:mallory\"}}");
        ScriptedResponse::new(200, body).with("x-amz-function-error", "Unhandled")
    };
    let refused = |status, code: &str| {
        ScriptedResponse::new(status, "{\"Message\":\"words\"}").with("x-amzn-errortype", code)
    };
    let transient = |error: &PortError| matches!(error, PortError::Transient { .. });
    let denied = |error: &PortError| matches!(error, PortError::Denied { .. });
    let bug = |error: &PortError| matches!(error, PortError::Bug { .. });
    for (answer, is_right, attempts) in [
        (failed("Sandbox.Timedout"), transient as fn(&PortError) -> bool, 1),
        (failed("Runtime.ExitError"), transient, 1),
        (failed("PortError"), bug, 1),
        (refused(429, "TooManyRequestsException"), transient, 2),
        (refused(403, "AccessDeniedException"), denied, 1),
        (refused(404, "ResourceNotFoundException"), denied, 1),
    ] {
        let what = format!("{answer:?}");
        let (result, server) = ask(vec![answer; 3]).await;
        let error = result.unwrap_err();
        assert!(is_right(&error), "{what}: {error:?}");
        assert_eq!(server.requests().len(), attempts, "{what}");
        let text = error.chain();
        assert!(text.starts_with("asking the reader") && !text.contains("mallory"), "{text}");
    }
}
