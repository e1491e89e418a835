//! What every look at AWS has in common: who it takes us for, and what its refusals mean to an operator.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};

use tokio::time::timeout;

use super::{Inspection, Refusal, Trouble};

/// What a line about whom AWS takes us for is headed.
pub const IDENTITY: &str = "aws identity";

/// Looks whom AWS takes us for.
pub async fn inspect_identity(config: &SdkConfig) -> Inspection {
    match aws_sdk_sts::Client::new(config).get_caller_identity().send().await {
        Ok(caller) => {
            let account = caller.account().unwrap_or_default();
            let end = account.get(account.len().saturating_sub(4)..).unwrap_or_default();
            Inspection::sound(IDENTITY, format!("of the account that ends in {end}"))
        }
        Err(error) => {
            let refusal = refusal(&error);
            Inspection::refused(IDENTITY, &refusal, remedy(refusal.trouble))
        }
    }
}

/// Waits for an answer for at most `limit`: the SDK itself bounds the way there only.
///
/// # Errors
///
/// AWS refuses, can't be reached, or takes longer.
pub async fn ask<T, E: ProvideErrorMetadata, R>(
    answer: impl Future<Output = Result<T, SdkError<E, R>>>,
    limit: Duration,
) -> Result<T, Refusal> {
    match timeout(limit, answer).await {
        Ok(answer) => answer.map_err(|error| refusal(&error)),
        Err(_) => {
            let detail = format!("AWS does not answer within {} s", limit.as_secs());
            Err(Refusal { trouble: Trouble::Away, detail })
        }
    }
}

/// What a failure means.
pub fn refusal<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Refusal {
    let own = |trouble, detail: &str| Refusal { trouble, detail: detail.to_owned() };
    match error {
        SdkError::ServiceError(answer) => {
            let (code, message) = (answer.err().code(), answer.err().message());
            Refusal::new(trouble(code.unwrap_or_default()), code, message.unwrap_or_default())
        }
        SdkError::TimeoutError(_) => own(Trouble::Away, "AWS does not answer in time"),
        // The credentials are sought while the request is made, and not finding any is no I/O.
        SdkError::DispatchFailure(failure) if !failure.is_io() && !failure.is_timeout() => {
            own(Trouble::Credentials, "no AWS credentials are found")
        }
        SdkError::DispatchFailure(_) => own(Trouble::Away, "no connection to AWS"),
        SdkError::ConstructionFailure(_) => own(Trouble::Other, "the request can't be built"),
        _ => own(Trouble::Other, "AWS's answer can't be read"),
    }
}

fn trouble(code: &str) -> Trouble {
    match code.trim_end_matches("Exception") {
        "ExpiredToken"
        | "IncompleteSignature"
        | "InvalidClientTokenId"
        | "InvalidSignature"
        | "MissingAuthenticationToken"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClient" => Trouble::Credentials,
        "AccessDenied" | "AccessDeniedByMeta" | "AuthorizationError" | "NotAuthorized" => {
            Trouble::Permission
        }
        "ResourceNotFound" | "NotFound" => Trouble::NotFound,
        "Dependency" | "InternalServer" | "InternalService" | "InternalFailure"
        | "ServiceUnavailable" | "ThrottledRequest" | "Throttling" => Trouble::Away,
        _ => Trouble::Other,
    }
}

/// What to mend where it concerns everything that goes by AWS.
pub const fn remedy(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Credentials => {
            "give this process credentials of AWS, by a role or by AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY, and set this machine's clock"
        }
        Trouble::Permission => "allow the action to the role or user that this process goes by",
        Trouble::Account => "see the account's state in AWS's console",
        Trouble::Away => "look at endpoint_url and this machine's way out, or try again later",
        Trouble::NotFound | Trouble::Other => "look at region and endpoint_url",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_longer_than_the_limit() {
        type Answer = Result<(), SdkError<aws_sdk_sts::Error, ()>>;
        let start = tokio::time::Instant::now();
        let limit = Duration::from_secs(30);
        let late = ask(std::future::pending::<Answer>(), limit).await.unwrap_err();
        assert_eq!((late.trouble, start.elapsed()), (Trouble::Away, limit));
        assert!(late.detail.contains("30 s"), "{late}");
        assert!(ask(std::future::ready(Answer::Ok(())), limit).await.is_ok());
    }

    #[test]
    fn codes_of_awss_services_say_what_to_mend() {
        for (code, means) in [
            ("ExpiredTokenException", Trouble::Credentials),
            ("InvalidClientTokenId", Trouble::Credentials),
            ("UnrecognizedClientException", Trouble::Credentials),
            ("AccessDeniedException", Trouble::Permission),
            ("ResourceNotFoundException", Trouble::NotFound),
            ("ThrottlingException", Trouble::Away),
            ("InternalServerException", Trouble::Away),
            ("ValidationException", Trouble::Other),
            ("", Trouble::Other),
        ] {
            assert_eq!(trouble(code), means, "{code}");
        }
    }
}
