//! Text messages that AWS turns down.

use aws_sdk_pinpointsmsvoicev2::{
    error::ProvideErrorMetadata,
    operation::send_text_message::{
        SendTextMessageError as Error, builders::SendTextMessageFluentBuilder as Send,
    },
};
use pombo::simulator::{Channel, Fate};

use super::{
    aws_rig::with,
    rig::{Rig, WELL},
};

async fn refused(send: Send) -> (String, String) {
    let error = send.send().await.unwrap_err();
    let (name, status) = (error.code().unwrap().to_owned(), error.raw_response().unwrap().status());
    assert_eq!(status.as_u16(), if name == "InternalServerException" { 500 } else { 400 });
    let reason = match error.into_service_error() {
        Error::AccessDeniedException(e) => e.reason.map(|reason| reason.to_string()),
        Error::ConflictException(e) => e.reason.map(|reason| reason.to_string()),
        Error::ServiceQuotaExceededException(e) => e.reason.map(|reason| reason.to_string()),
        Error::ValidationException(e) => e.reason.map(|reason| reason.to_string()),
        Error::ResourceNotFoundException(e) => e.resource_type.map(|kind| kind.to_string()),
        _ => None,
    };
    (name, reason.unwrap_or_default())
}

fn is(name: &str, reason: &str) -> (String, String) {
    (name.to_owned(), reason.to_owned())
}

#[tokio::test]
async fn a_field_out_of_its_bounds_is_named() {
    let rig = Rig::start().await;
    let good = || rig.to_sms(WELL);
    let long = "x".repeat(1_601);
    let wrong = [
        (good().destination_phone_number("0123456789"), "DestinationPhoneNumber"),
        (good().destination_phone_number("+12"), "DestinationPhoneNumber"),
        (good().message_body("  \n"), "MessageBody"),
        (good().message_body(long), "MessageBody"),
        (good().time_to_live(4), "TimeToLive"),
        (good().time_to_live(259_201), "TimeToLive"),
        (good().max_price("1"), "MaxPrice"),
        (good().max_price("100.00"), "MaxPrice"),
        (good().max_price("0.123456"), "MaxPrice"),
        (good().context("two words", "x"), "Context"),
        (good().context("key", " padded "), "Context"),
        (good().context("key", "x".repeat(801)), "Context"),
        (good().origination_identity("no spaces"), "OriginationIdentity"),
        (good().configuration_set_name("plus+"), "ConfigurationSetName"),
        (good().message_type("PERSONAL".into()), "MessageType"),
    ];
    for (send, field) in wrong {
        let error = send.send().await.unwrap_err().into_service_error();
        let Error::ValidationException(error) = error else { panic!("{field}: {error:?}") };
        assert_eq!(error.reason.unwrap().as_str(), "FIELD_VALIDATION_FAILED");
        assert_eq!(error.fields.unwrap()[0].name, field);
    }
    assert!(rig.simulator.inbox().messages(None).is_empty());
}

#[tokio::test]
async fn a_sixth_entry_of_context_is_too_many() {
    let rig = Rig::start().await;
    let full = (2..=5).fold(rig.to_sms(WELL), |send, n| send.context(format!("key{n}"), "x"));
    full.clone().send().await.unwrap();
    let over = refused(full.context("key6", "x")).await;
    assert_eq!(over, is("ValidationException", "FIELD_VALIDATION_FAILED"));
}

#[tokio::test]
async fn ten_parts_are_the_most() {
    let rig = Rig::start().await;
    let too_long = is("ValidationException", "MAXIMUM_SIZE_EXCEEDED");
    rig.to_sms(WELL).message_body("x".repeat(1_530)).send().await.unwrap();
    assert_eq!(refused(rig.to_sms(WELL).message_body("x".repeat(1_531))).await, too_long);
    rig.to_sms(WELL).message_body("ç".repeat(630)).send().await.unwrap();
    assert_eq!(refused(rig.to_sms(WELL).message_body("ç".repeat(631))).await, too_long);
}

#[tokio::test]
async fn what_the_account_does_not_own_is_not_found() {
    let rig = Rig::start().await;
    let gone = |kind| is("ResourceNotFoundException", kind);
    let from = rig.to_sms(WELL).origination_identity("+12065550199");
    assert_eq!(refused(from).await, gone("phone-number"));
    let set = rig.to_sms(WELL).configuration_set_name("another");
    assert_eq!(refused(set).await, gone("configuration-set"));
    let protect = rig.to_sms(WELL).protect_configuration_id("protect-0");
    assert_eq!(refused(protect).await, gone("protect-configuration"));
}

#[tokio::test]
async fn an_account_with_nothing_to_send_from_sends_nothing() {
    let rig = Rig::with(with(|aws| aws.origination_identities.clear())).await;
    let send = rig.to_sms(WELL).set_origination_identity(None);
    let wanted = is("ConflictException", "NO_ORIGINATION_IDENTITIES_FOUND");
    assert_eq!(refused(send).await, wanted);
}

#[tokio::test]
async fn a_message_that_costs_more_than_its_bound_is_not_sent() {
    let rig = Rig::with(with(|aws| aws.price_per_part = 0.05)).await;
    rig.to_sms(WELL).max_price(".05").send().await.unwrap();
    let two_parts = rig.to_sms(WELL).max_price("0.09").message_body("x".repeat(161));
    assert_eq!(refused(two_parts).await, is("ValidationException", "PRICE_OVER_THRESHOLD"));
}

#[tokio::test]
async fn in_the_sandbox_only_verified_numbers_get_anything() {
    let rig = Rig::with(with(|aws| aws.sandbox = true)).await;
    let wanted = is("ConflictException", "DESTINATION_PHONE_NUMBER_NOT_VERIFIED");
    assert_eq!(refused(rig.to_sms(WELL)).await, wanted);
}

#[tokio::test]
async fn every_exception_can_be_scripted_with_its_reason() {
    let rig = Rig::start().await;
    for (name, reason) in [
        ("AccessDeniedException", Some("INSUFFICIENT_ACCOUNT_REPUTATION")),
        ("AccessDeniedException", Some("ACCOUNT_DISABLED")),
        ("ConflictException", Some("DESTINATION_PHONE_NUMBER_OPTED_OUT")),
        ("ConflictException", Some("DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION")),
        ("ConflictException", Some("DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE")),
        ("ServiceQuotaExceededException", Some("MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT")),
        ("ThrottlingException", None),
        ("ValidationException", Some("DESTINATION_COUNTRY_BLOCKED")),
        ("InternalServerException", None),
    ] {
        rig.simulator.script_each(WELL, Channel::Sms, [Fate::Exception { name, reason }]);
        assert_eq!(refused(rig.to_sms(WELL)).await, is(name, reason.unwrap_or_default()));
    }
    assert_eq!(rig.simulator.requests(WELL, Channel::Sms), 9);
}

#[tokio::test]
async fn a_code_of_twilios_becomes_what_aws_would_say() {
    let rig = Rig::start().await;
    for (code, name, reason) in [
        (21_610, "ConflictException", "DESTINATION_PHONE_NUMBER_OPTED_OUT"),
        (21_408, "ValidationException", "COUNTRY_NOT_ENABLED"),
        (20_429, "ThrottlingException", ""),
        (20_500, "InternalServerException", ""),
    ] {
        rig.simulator.script_each(WELL, Channel::Sms, [Fate::refuse(code)]);
        assert_eq!(refused(rig.to_sms(WELL)).await, is(name, reason));
    }
}
