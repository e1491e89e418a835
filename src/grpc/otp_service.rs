//! `OtpService`: each call reads its request, asks the use case and words the answer.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use tracing::Instrument;

use super::{
    call::Call,
    convert, errors,
    proto::{self, otp_service_server::OtpService},
    requests,
};
use crate::{
    otp::{Time, event::Seen},
    service::{Service, Watched},
};

/// The public service.
pub struct Otp {
    service: Arc<Service>,
    stop: CancellationToken,
}

impl Otp {
    /// Streams end at `stop`.
    pub fn new(service: Arc<Service>, stop: CancellationToken) -> Self {
        Self { service, stop }
    }
}

#[tonic::async_trait]
impl OtpService for Otp {
    async fn issue_code(
        &self,
        request: Request<proto::IssueCodeRequest>,
    ) -> Result<Response<proto::IssueCodeResponse>, Status> {
        let call = Call::begin("IssueCode", &request)?;
        let answer = async {
            let numbers = self.service.numbers();
            let issue = requests::issue(request.into_inner(), call.name(), numbers, clock())?;
            if call.caller.as_ref().is_some_and(|caller| !caller.may(issue.purpose)) {
                return Err(errors::purpose_not_allowed(issue.purpose));
            }
            let masked = issue.recipient.number.masked();
            let (pays, app_shows) =
                (issue.transaction.is_some(), self.service.is_shown_by_the_app(&issue));
            let issued = self.service.issue(issue).await?;
            // What was pending may have gone out by another channel, or in another language.
            let app_shows = app_shows || pays && issued.reused;
            Ok(convert::issued(issued, masked, app_shows))
        };
        call.answer(answer).await
    }

    async fn resend_code(
        &self,
        request: Request<proto::ResendCodeRequest>,
    ) -> Result<Response<proto::ResendCodeResponse>, Status> {
        let call = Call::begin("ResendCode", &request)?;
        let answer = async {
            let resend = requests::resend(request.into_inner(), call.name())?;
            Ok(convert::resent(self.service.resend(resend).await?))
        };
        call.answer(answer).await
    }

    async fn verify_code(
        &self,
        request: Request<proto::VerifyCodeRequest>,
    ) -> Result<Response<proto::VerifyCodeResponse>, Status> {
        let call = Call::begin("VerifyCode", &request)?;
        let answer = async {
            let guess = requests::guess(request.into_inner(), call.name())?;
            Ok(convert::verified(self.service.verify(guess).await?, call.language))
        };
        call.answer(answer).await
    }

    async fn cancel_challenge(
        &self,
        request: Request<proto::CancelChallengeRequest>,
    ) -> Result<Response<proto::CancelChallengeResponse>, Status> {
        let call = Call::begin("CancelChallenge", &request)?;
        let answer = async {
            let id = requests::challenge(&request.get_ref().challenge_id)?;
            let seen = self.service.cancel(call.name(), id).await?;
            Ok(proto::CancelChallengeResponse { challenge: Some(convert::challenge(seen)) })
        };
        call.answer(answer).await
    }

    async fn get_challenge(
        &self,
        request: Request<proto::GetChallengeRequest>,
    ) -> Result<Response<proto::GetChallengeResponse>, Status> {
        let call = Call::begin("GetChallenge", &request)?;
        let answer = async {
            let id = requests::challenge(&request.get_ref().challenge_id)?;
            let seen = self.service.get(call.name(), id).await?;
            Ok(proto::GetChallengeResponse { challenge: Some(convert::challenge(seen)) })
        };
        call.answer(answer).await
    }

    type WatchChallengeStream = ReceiverStream<Result<proto::WatchChallengeResponse, Status>>;

    async fn watch_challenge(
        &self,
        request: Request<proto::WatchChallengeRequest>,
    ) -> Result<Response<Self::WatchChallengeStream>, Status> {
        let call = Call::begin("WatchChallenge", &request)?;
        let answer = async {
            let id = requests::challenge(&request.get_ref().challenge_id)?;
            let mut watched = self.service.watch(call.name(), id)?;
            // The first look decides whether there is a stream at all.
            let first = watched.next().await?.map(watch_response);
            let (sender, stream) = mpsc::channel(1);
            let stream_changes = stream_changes(watched, first, sender, self.stop.clone());
            tokio::spawn(stream_changes.in_current_span());
            Ok(ReceiverStream::new(stream))
        };
        call.answer(answer).await
    }

    async fn report_outcome(
        &self,
        request: Request<proto::ReportOutcomeRequest>,
    ) -> Result<Response<proto::ReportOutcomeResponse>, Status> {
        let call = Call::begin("ReportOutcome", &request)?;
        let answer = async {
            let (id, outcome, at) = requests::report(request.get_ref())?;
            self.service.report(call.name(), id, outcome, at).await?;
            Ok(proto::ReportOutcomeResponse {})
        };
        call.answer(answer).await
    }
}

fn watch_response(seen: Seen) -> proto::WatchChallengeResponse {
    proto::WatchChallengeResponse { challenge: Some(convert::challenge(seen)) }
}

/// Streams until the challenge concludes, the watcher leaves, or the process is told to stop.
async fn stream_changes(
    mut watched: Watched,
    first: Option<proto::WatchChallengeResponse>,
    sender: mpsc::Sender<Result<proto::WatchChallengeResponse, Status>>,
    stop: CancellationToken,
) {
    let mut next = Ok(first);
    loop {
        let (item, last) = match next {
            Ok(Some(response)) => (Ok(response), false),
            Ok(None) => return,
            Err(status) => (Err(status), true),
        };
        if sender.send(item).await.is_err() || last {
            return;
        }
        next = tokio::select! {
            change = watched.next() => change.map(|seen| seen.map(watch_response)).map_err(Status::from),
            () = sender.closed() => return,
            // Another replica goes on where this one stops.
            () = stop.cancelled() => Err(errors::stopping()),
        };
    }
}

/// Our own clock: only for the dates of test numbers, before there is a record to ask for the time.
#[allow(clippy::disallowed_methods)]
fn clock() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
