//! "Did you mean …?"

/// The key that a mistyped one most likely stands for, if any is close.
pub(super) fn nearest<'k>(key: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let rated = known.map(|candidate| (strangeness(key, candidate), candidate));
    rated.min().filter(|(strangeness, _)| *strangeness <= 3).map(|(_, candidate)| candidate)
}

/// A right name in a wrong section counts as two slips, anything else as its edits.
fn strangeness(key: &str, candidate: &str) -> usize {
    let name = |key: &str| key.rsplit('.').next().map(str::to_owned);
    let edits = edits(key, candidate);
    if name(key) == name(candidate) { edits.min(2) } else { edits }
}

/// Letters to put in, take out or change (Levenshtein), row by row.
fn edits(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, letter) in from.chars().take(128).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in to.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}
