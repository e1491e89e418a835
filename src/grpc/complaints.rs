//! What is wrong with a request's fields, told all at once.

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

/// Complaints about a request's fields: all of them, so that one round trip mends the request.
#[derive(Default)]
pub struct Complaints(Vec<FieldViolation>);

impl Complaints {
    /// Adds one.
    pub fn add(&mut self, field: impl Into<String>, complaint: impl Into<String>) {
        self.0.push(FieldViolation::new(field, complaint));
    }

    /// Keeps a value, or notes what is wrong with it.
    pub fn check<T>(&mut self, field: &str, value: Result<T, impl Into<String>>) -> Option<T> {
        value.map_err(|complaint| self.add(field, complaint)).ok()
    }

    /// `INVALID_ARGUMENT` naming every field, if there is a complaint.
    pub fn finish(self) -> Result<(), Status> {
        let sentences = self.0.iter().map(|v| format!("{} {}", v.field, v.description));
        let message = sentences.collect::<Vec<_>>().join("; ");
        match self.0.is_empty() {
            true => Ok(()),
            false => Err(Status::with_error_details(
                Code::InvalidArgument,
                message,
                ErrorDetails::with_bad_request(self.0),
            )),
        }
    }
}

/// A complaint about a single field.
pub fn bad_field(field: &str, complaint: &str) -> Status {
    let mut complaints = Complaints::default();
    complaints.add(field, complaint);
    match complaints.finish() {
        Err(status) => status,
        Ok(()) => Status::invalid_argument(complaint),
    }
}
