//! A function's binary as a separate process, in the environment that Lambda gives it.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::runtime_api::{Answer, RuntimeApi};

/// How long an invocation may take.
const FUNCTION_TIMEOUT: Duration = Duration::from_mins(1);
/// A function that has not responded or ended by then never will.
const TEST_TIMEOUT: Duration = Duration::from_mins(2);

/// The variables of an environment that each function has, and those with these names. The others are for
/// other functions.
#[must_use]
pub fn environment_of<'a>(environment: Vec<(&'a str, String)>, names: &[&str]) -> Vec<(&'a str, String)> {
    let is_ours = |name: &str| name.starts_with("AWS_") || names.contains(&name);
    environment.into_iter().filter(|(name, _)| is_ours(name)).collect()
}

/// A function's process, and the Runtime API that invokes it.
#[derive(Debug)]
pub struct Function {
    api: RuntimeApi,
    process: Child,
    stdout: JoinHandle<String>,
    stderr: JoinHandle<String>,
}

/// The output of an ended function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessOutput {
    /// Its exit code; `None` if it was killed.
    pub code: Option<i32>,
    /// Everything it wrote to standard output.
    pub stdout: String,
    /// Everything it wrote to standard error.
    pub stderr: String,
}

impl Function {
    /// Starts the binary at `path`. Its environment is what Lambda sets itself and `environment`, nothing of
    /// this machine's.
    ///
    /// # Panics
    /// If it can't be started.
    pub async fn start(path: &str, environment: &[(&str, String)]) -> Self {
        let api = RuntimeApi::start(FUNCTION_TIMEOUT).await.expect("the runtime API starts");
        let mut process = Command::new(path)
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", &api.address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "auditferry")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/auditferry")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/20/[1]8476a536")
            .envs(environment.iter().map(|(name, value)| (*name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the function starts");
        let stdout = collect(process.stdout.take());
        let stderr = collect(process.stderr.take());
        Self { api, process, stdout, stderr }
    }

    /// Invokes it and waits for its response: its payload, or the error that it reported.
    ///
    /// # Panics
    /// If it ends instead of responding, does neither within two minutes, or responds with something other
    /// than JSON.
    pub async fn invoke(&mut self, event: &Value) -> Result<Value, Value> {
        self.invoke_traced(event, None).await
    }

    /// Invokes it as part of a trace.
    ///
    /// # Panics
    /// As [`Self::invoke`].
    pub async fn invoke_traced(&mut self, event: &Value, trace: Option<&str>) -> Result<Value, Value> {
        let Self { api, process, .. } = self;
        let answered = async {
            tokio::select! {
                answer = api.invoke(event.to_string(), trace) => answer.expect("the runtime API is there"),
                ended = process.wait() => panic!("the function ended instead of responding: {ended:?}"),
            }
        };
        let answer: Answer = timeout(TEST_TIMEOUT, answered).await.expect("the function answers in time");
        let parsed = |body: bytes::Bytes| -> Value { serde_json::from_slice(&body).expect("JSON") };
        answer.map(parsed).map_err(parsed)
    }

    /// Kills it, as Lambda does with an idle one.
    ///
    /// # Panics
    /// If it can't be killed.
    pub async fn kill(mut self) -> ProcessOutput {
        self.process.start_kill().expect("the function can be killed");
        self.shut_down().await
    }

    /// Waits until it ends by itself.
    ///
    /// # Panics
    /// If it does not within two minutes.
    pub async fn shut_down(mut self) -> ProcessOutput {
        let ended = timeout(TEST_TIMEOUT, self.process.wait()).await;
        let status = ended.expect("the function ends in time").expect("the function can be waited for");
        let stdout = self.stdout.await.expect("what it wrote is text");
        let stderr = self.stderr.await.expect("what it wrote is text");
        ProcessOutput { code: status.code(), stdout, stderr }
    }
}

impl ProcessOutput {
    /// The lines of its log, each of which is one JSON object.
    ///
    /// # Panics
    /// If one is not.
    #[must_use]
    pub fn log(&self) -> Vec<Value> {
        let line = |line: &str| match serde_json::from_str(line) {
            Ok(object @ Value::Object(_)) => object,
            other => panic!("{other:?}: not a JSON object: {line}"),
        };
        self.stdout.lines().map(line).collect()
    }
}

/// Reads a pipe to its end, so that the function never waits for a reader.
fn collect(pipe: Option<impl AsyncRead + Unpin + Send + 'static>) -> JoinHandle<String> {
    let mut pipe = pipe.expect("the pipe was requested");
    tokio::spawn(async move {
        let mut text = String::new();
        pipe.read_to_string(&mut text).await.expect("what a function writes is UTF-8");
        text
    })
}
