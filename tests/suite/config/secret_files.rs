//! A file that holds a secret is refused where others could read it or put another one there.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use pombo::config::{Config, Mode};

use super::{INDEX, LEAST, RING, environment, file, lines, pipe, serve};

fn of_mode(text: &str, mode: u32) -> PathBuf {
    let path = file(text);
    fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    path
}

/// What `serve` makes of a secret in this file.
fn from(key: &str, path: &Path) -> Result<Config, pombo::config::Errors> {
    let file_key = format!("{key}_file");
    serve(&[(key, "-"), (&file_key, path.to_str().unwrap())])
}

#[test]
fn a_file_of_others_is_refused_with_its_mode_and_the_remedy() {
    for mode in [0o644, 0o604, 0o602, 0o660, 0o620, 0o666, 0o777, 0o444] {
        let path = of_mode(INDEX, mode);
        let lines = lines(from("keys.index", &path));
        let start = format!("keys.index_file: names {}, which has mode {mode:04o}", path.display());
        assert!(lines.len() == 1 && lines[0].starts_with(&start), "{lines:#?}");
        assert!(lines[0].contains(&format!("chmod 600 {}", path.display())), "{lines:#?}");
    }
    for mode in [0o600, 0o400, 0o440, 0o640, 0o700] {
        assert!(from("keys.index", &of_mode(INDEX, mode)).is_ok(), "{mode:o}");
    }
}

#[test]
fn the_keys_that_are_worth_more_than_one_account_are_guarded() {
    let guarded_ones = ["keys.index", "keys.ring", "store.client_key"];
    let keys = Config::known_keys();
    let guarded: Vec<_> = keys.iter().filter_map(|key| key.strip_suffix("_file")).collect();
    assert!(guarded.len() > 9, "{guarded:?}");
    for key in guarded {
        let path = of_mode("whatever", 0o644);
        let refused = from(key, &path).is_err_and(|it| it.to_string().contains("has mode 0644"));
        assert_eq!(refused, guarded_ones.contains(&key), "{key}");
    }
}

#[test]
fn a_link_is_followed_as_mounted_secrets_need_it() {
    // Kubernetes: the name leads to ..data, that to a folder of the day, and there the file lies.
    let place = file("").with_extension("mount");
    let day = place.join("..2027_01_31");
    fs::create_dir_all(&day).unwrap();
    fs::write(day.join("keys_ring"), format!("{RING}\n")).unwrap();
    let mode = |mode| {
        fs::set_permissions(day.join("keys_ring"), Permissions::from_mode(mode)).unwrap();
        from("keys.ring", &place.join("keys_ring"))
    };
    symlink("..2027_01_31", place.join("..data")).unwrap();
    symlink("..data/keys_ring", place.join("keys_ring")).unwrap();
    assert_eq!(mode(0o440).unwrap().keys.keyring().writing(), "k1");
    assert!(lines(mode(0o644))[0].contains("has mode 0644"));
    fs::remove_dir_all(place).unwrap();
}

#[test]
fn what_is_no_file_is_refused_and_not_waited_for() {
    let place = file("").with_extension("pipe");
    pipe(&place);
    for path in [&place, Path::new("/dev/zero"), Path::new("/tmp")] {
        let shown = path.display();
        let refused = |lines: Vec<String>, key: &str| {
            let sentence = format!("{key}: names {shown}, which is no regular file");
            assert!(lines.len() == 1 && lines[0].starts_with(&sentence), "{lines:#?}");
        };
        for key in ["keys.index", "whatsapp.cloud.access_token"] {
            refused(lines(from(key, path)), &format!("{key}_file"));
        }
    }
    fs::remove_file(place).unwrap();
    let all = environment(&[LEAST, &[("keys.ring", "-"), ("keys.ring_file", "")]].concat());
    let nameless = Config::load(Mode::Serve, None, all);
    assert!(lines(nameless)[0].starts_with("keys.ring_file: names , which can't be read"));
}
