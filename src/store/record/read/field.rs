//! What a field must be to be taken.

use super::{Read, StoreError};

pub(super) fn unreadable(why: &str) -> StoreError {
    StoreError::Unreadable(why.to_owned())
}

pub(super) fn misfit(field: &'static str) -> StoreError {
    StoreError::Unreadable(format!("its field {field} does not fit"))
}

pub(super) fn all<W, T>(list: Vec<W>, one: impl FnMut(W) -> Read<T>) -> Read<Vec<T>> {
    list.into_iter().map(one).collect()
}

pub(super) fn array<const N: usize>(bytes: &[u8], field: &'static str) -> Read<[u8; N]> {
    bytes.try_into().map_err(|_| misfit(field))
}

pub(super) fn number<T: TryFrom<N>, N>(number: N, field: &'static str) -> Read<T> {
    T::try_from(number).map_err(|_| misfit(field))
}

pub(super) fn known<T>(kind: Option<T>, field: &'static str) -> Read<T> {
    kind.ok_or_else(|| misfit(field))
}

/// A kind of which 0 says that there is none.
pub(super) fn optional<T>(
    from: fn(i32) -> Option<T>,
    number: i32,
    field: &'static str,
) -> Read<Option<T>> {
    if number == 0 { Ok(None) } else { known(from(number), field).map(Some) }
}

/// Numbers that were packed in groups of `N`.
pub(super) fn groups<'a, const N: usize>(
    numbers: &'a [i64],
    field: &'static str,
) -> Read<impl Iterator<Item = &'a [i64; N]>> {
    let (groups, rest) = numbers.as_chunks();
    if rest.is_empty() { Ok(groups.iter()) } else { Err(misfit(field)) }
}
