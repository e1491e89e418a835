//! One call: who makes it, what the log calls it, and how long it may take.

use std::time::Duration;

use tonic::{Code, Request, Response, Status};
use tracing::Instrument;

use super::{callers::Known, errors, people::Language};

/// The longest a call may take, whatever deadline its caller set.
pub const MAX_CALL: Duration = Duration::from_secs(15);

/// How much sooner than the transport we give a call up: it would say "cancelled", which tells a
/// caller nothing.
const HEAD_START: Duration = Duration::from_millis(5);

/// A call whose caller is known.
pub struct Call {
    /// Who calls.
    pub caller: Known,
    /// The language of the person at the other end.
    pub language: Language,
    rpc: &'static str,
    limit: Duration,
    span: tracing::Span,
}

impl Call {
    /// A call that the gate let in: nobody else's is taken. The metadata give it its ids and its time.
    pub fn begin<T>(rpc: &'static str, request: &Request<T>) -> Result<Self, Status> {
        let (metadata, caller) = (request.metadata(), request.extensions().get::<Known>());
        let caller = caller.cloned().ok_or_else(errors::unauthenticated)?;
        let text = |name: &str| metadata.get(name).and_then(|value| value.to_str().ok());
        let request_id = text("x-request-id").filter(|id| is_id(id)).map(str::to_owned);
        let request_id = request_id.unwrap_or_else(|| format!("{:016x}", rand::random::<u64>()));
        let trace_id = text("traceparent").and_then(trace_id).unwrap_or_default();
        let name = caller.as_ref().map_or("", |caller| &caller.name);
        let span = tracing::error_span!("call", rpc, caller = name, request_id, trace_id);
        let limit = text("grpc-timeout").and_then(deadline).unwrap_or(MAX_CALL);
        let limit = limit.min(MAX_CALL).saturating_sub(HEAD_START);
        let language = Language::of(metadata);
        Ok(Self { caller, language, rpc, limit, span })
    }

    /// The caller's name, may be empty.
    pub fn name(&self) -> String {
        self.caller.as_ref().map(|caller| caller.name.clone()).unwrap_or_default()
    }

    /// Answers within the call's time; what was begun goes on to its end. Logs a refusal once,
    /// where it leaves the house.
    pub async fn answer<T>(
        &self,
        work: impl Future<Output = Result<T, Status>>,
    ) -> Result<Response<T>, Status> {
        let answer = async {
            let answer = tokio::select! {
                biased;
                answer = work => answer,
                () = self.time_is_up() => Err(errors::too_late()),
            };
            // A fault was logged with its cause where it became a status.
            if let Err(status) = &answer
                && status.code() != Code::Unavailable
            {
                tracing::info!(code = ?status.code(), reason = status.message(), "call refused");
            }
            answer.map(Response::new).map_err(|status| self.language.told(self.rpc, status))
        };
        answer.instrument(self.span.clone()).await
    }

    async fn time_is_up(&self) {
        // Even no time at all takes a timer a millisecond, in which the transport would be first.
        if !self.limit.is_zero() {
            tokio::time::sleep(self.limit).await;
        }
    }
}

/// What may stand in a log line as somebody else's id.
fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// The trace id of a W3C `traceparent`: `00-<32 hex>-<16 hex>-<2 hex>`.
fn trace_id(traceparent: &str) -> Option<&str> {
    let mut parts = traceparent.split('-');
    let (version, trace, parent) = (parts.next()?, parts.next()?, parts.next()?);
    let hex =
        |part: &str, length| part.len() == length && part.bytes().all(|b| b.is_ascii_hexdigit());
    let valid =
        hex(version, 2) && hex(trace, 32) && hex(parent, 16) && trace.bytes().any(|b| b != b'0');
    valid.then_some(trace)
}

/// The time that a caller gives a call: at most eight digits and a unit.
fn deadline(timeout: &str) -> Option<Duration> {
    let (number, unit) = timeout.split_at_checked(timeout.len().checked_sub(1)?)?;
    let number: u32 = number.parse().ok().filter(|_| number.len() <= 8)?;
    let unit = match unit {
        "H" => Duration::from_secs(3600),
        "M" => Duration::from_secs(60),
        "S" => Duration::from_secs(1),
        "m" => Duration::from_millis(1),
        "u" => Duration::from_micros(1),
        "n" => Duration::from_nanos(1),
        _ => return None,
    };
    unit.checked_mul(number)
}
