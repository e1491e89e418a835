//! The exceptions of this service, by name or in place of another service's code.

use super::{Fault, invalid};

/// Any exception by its name. The model gives no statuses; the protocol's are 400 and 500.
pub(super) fn exception(name: &'static str, reason: Option<&'static str>) -> Fault {
    let status = if name == "InternalServerException" { 500 } else { 400 };
    let fault = Fault::new(status, name, "The request could not be processed.");
    match reason {
        Some(reason) => fault.with("Reason", reason),
        None => fault,
    }
}

/// What this service says where Twilio would refuse with this code.
pub(super) fn of_code(code: u32) -> Fault {
    let conflict = |reason| exception("ConflictException", Some(reason));
    match code {
        20_003 => exception("AccessDeniedException", Some("ACCOUNT_DISABLED")),
        20_429 | 21_611 | 30_001 => exception("ThrottlingException", None),
        20_500 | 20_503 => exception("InternalServerException", None),
        21_408 => invalid("COUNTRY_NOT_ENABLED", "The country is not enabled."),
        21_608 => conflict("DESTINATION_PHONE_NUMBER_NOT_VERIFIED"),
        21_610 => conflict("DESTINATION_PHONE_NUMBER_OPTED_OUT"),
        30_450 => conflict("DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION"),
        30_454 => {
            exception("ServiceQuotaExceededException", Some("MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"))
        }
        _ => invalid("INVALID_PARAMETER", "A parameter is not valid."),
    }
}
