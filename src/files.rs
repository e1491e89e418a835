//! The files that a configuration comes from and names, and who may have a hand in those that hold
//! secrets.

use std::{
    fs::{self, File, Metadata},
    io::{self, ErrorKind, Read},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use zeroize::Zeroizing;

/// More than any secret, configuration or chain of certificates needs, and less than a device file gives.
const LARGEST: u64 = 1 << 20;

/// What nobody may do with a secret's file: anybody, read or write it; its group, write it. A group may
/// read, since that is how orchestrators hand a file of root's to a process that is not root's.
const TOO_MUCH: u32 = 0o026;

/// The text of what was named on the command line, or a sentence about why there is none. It may be a pipe:
/// whoever names one writes to it. Wiped when dropped.
pub fn given(path: &Path) -> Result<Zeroizing<String>, String> {
    File::open(path).and_then(read).map_err(unreadable)
}

/// The text of a file that a configuration names.
pub fn text(path: &Path) -> Result<Zeroizing<String>, String> {
    let (file, _) = regular(path)?;
    read(file).map_err(unreadable)
}

/// The text of a file that holds a secret, unless others may read or change it, too. A link is
/// followed: mounted secrets are links to where they lie.
pub fn secret(path: &Path) -> Result<Zeroizing<String>, String> {
    let (file, found) = regular(path)?;
    match exposure(&found, path) {
        None => read(file).map_err(unreadable),
        Some(sentence) => Err(sentence),
    }
}

/// The text of a file whose secret others share in any case, and what to tell if they may read or change it.
pub fn shared_secret(path: &Path) -> Result<(Zeroizing<String>, Option<String>), String> {
    let (file, found) = regular(path)?;
    read(file).map(|text| (text, exposure(&found, path))).map_err(unreadable)
}

fn regular(path: &Path) -> Result<(File, Metadata), String> {
    // Before it is opened, which for a pipe would be a wait for somebody who writes to it.
    refuse_what_is_no_file(&fs::metadata(path).map_err(unreadable)?)?;
    let file = File::open(path).map_err(unreadable)?;
    // Of what was opened, whatever the path has come to name meanwhile.
    let found = file.metadata().map_err(unreadable)?;
    refuse_what_is_no_file(&found)?;
    Ok((file, found))
}

fn refuse_what_is_no_file(found: &Metadata) -> Result<(), String> {
    if found.is_file() { Ok(()) } else { Err("is no regular file; name one".to_owned()) }
}

fn exposure(found: &Metadata, path: &Path) -> Option<String> {
    let mode = found.permissions().mode() & 0o777;
    let sentence = || {
        format!(
            "has mode {mode:04o}, so others than its owner may read or change it; chmod 600 {} (a \
             mounted secret: mode 0400, or 0440 for a group)",
            path.display()
        )
    };
    (mode & TOO_MUCH != 0).then(sentence)
}

fn read(file: File) -> io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    let read = file.take(LARGEST + 1).read_to_string(&mut text)?;
    let too_large = || io::Error::other("it is larger than a megabyte");
    if read as u64 > LARGEST { Err(too_large()) } else { Ok(text) }
}

fn unreadable(error: io::Error) -> String {
    match error.kind() {
        ErrorKind::InvalidData => "is no text".to_owned(),
        _ => format!("can't be read: {error}"),
    }
}
