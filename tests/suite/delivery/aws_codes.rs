//! What a text message is refused for by AWS, against the reading that was agreed on.

use pombo::{
    delivery::{Again, reaction::Scope, sms::aws_errors::judge},
    otp::{Cause, FailureReason},
};

/// Exception, its reason, our reason, whose it is, what else stops.
const TABLE: &str = "
    AccessDenied  INSUFFICIENT_ACCOUNT_REPUTATION           misconfigured     sender     account
    AccessDenied  ACCOUNT_DISABLED                          misconfigured     sender     account
    AccessDenied  -                                         misconfigured     sender     app
    Conflict  DESTINATION_PHONE_NUMBER_OPTED_OUT            rejected          recipient  -
    Conflict  DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION         blocked_as_fraud  recipient  -
    Conflict  DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE  blocked_as_fraud  recipient  -
    Conflict  DESTINATION_PHONE_NUMBER_NOT_VERIFIED         misconfigured     sender     -
    Conflict  NO_ORIGINATION_IDENTITIES_FOUND               misconfigured     sender     country
    Conflict  RESOURCE_NOT_ACTIVE                           misconfigured     sender     phone_number
    Conflict  -                                             misconfigured     sender     phone_number
    ServiceQuotaExceeded  MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT  rate_limited  sender     account
    ServiceQuotaExceeded  MONTHLY_SPEND_LIMIT_REACHED_FOR_RCS   rate_limited  sender     account
    ServiceQuotaExceeded  -                                 rate_limited      sender     -
    Validation  COUNTRY_NOT_ENABLED                         misconfigured     sender     country
    Validation  DESTINATION_COUNTRY_BLOCKED                 misconfigured     sender     country
    Validation  INVALID_IDENTITY_FOR_DESTINATION_COUNTRY    misconfigured     sender     country
    Validation  INTERNATIONAL_SENDING_NOT_SUPPORTED         misconfigured     sender     country
    Validation  SENDER_ID_NOT_REGISTERED                    misconfigured     sender     country
    Validation  SENDER_ID_NOT_SUPPORTED                     misconfigured     sender     country
    Validation  SENDER_ID_REQUIRES_REGISTRATION             misconfigured     sender     country
    Validation  RESOURCE_NOT_ACCESSIBLE                     misconfigured     sender     phone_number
    Validation  CHANNEL_NOT_ENABLED                         misconfigured     sender     phone_number
    Validation  PRICE_OVER_THRESHOLD                        rejected          recipient  -
    Validation  INVALID_PARAMETER                           rejected          sender     -
    Validation  -                                           rejected          sender     -
    ResourceNotFound  -                                     misconfigured     sender     phone_number
";

#[test]
fn every_exception_and_reason_means_what_the_table_says() {
    for row in TABLE.lines().filter(|row| !row.trim().is_empty()) {
        let words: Vec<_> = row.split_whitespace().collect();
        let [exception, reason, why, whose, scope] = words[..] else { panic!("{row}") };
        let judged = judge(&format!("{exception}Exception"), reason).unwrap();
        let cause = if judged.cause == Cause::Recipient { "recipient" } else { "sender" };
        let stops = judged.scope.map_or("-", Scope::as_str);
        assert_eq!((judged.reason.as_str(), cause, stops), (why, whose, scope), "{row}");
        assert_eq!(judged.again, Again::No, "{row}");
    }
}

#[test]
fn only_what_passes_by_itself_is_tried_again() {
    for (exception, why, again) in [
        ("ThrottlingException", FailureReason::RateLimited, Again::Yes),
        ("InternalServerException", FailureReason::Unavailable, Again::Doubtful),
    ] {
        let judged = judge(exception, "").unwrap();
        assert_eq!((judged.reason, judged.again), (why, again), "{exception}");
    }
    assert!(judge("Unheard", "").is_none());
}
