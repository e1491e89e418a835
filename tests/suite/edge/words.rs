//! The contract explains itself.

const CONTRACT: &str = include_str!("../../../proto/pombo/otp/v1/otp.proto");

#[test]
fn every_rpc_message_field_and_value_says_what_it_means() {
    let lines: Vec<_> = CONTRACT.lines().map(str::trim).collect();
    let preamble = |line: &str| ["syntax", "package", "import"].iter().any(|w| line.starts_with(w));
    let declared = lines.iter().enumerate().filter(|(_, line)| {
        (line.ends_with(';') || line.ends_with('{') || line.ends_with("{}")) && !preamble(line)
    });
    let declared: Vec<_> = declared.collect();
    assert!(declared.len() > 150, "{} declarations were found", declared.len());
    let bare = declared.into_iter().filter(|(at, _)| !lines[at - 1].starts_with("//"));
    let bare: Vec<_> = bare.map(|(at, line)| format!("{}: {line}", at + 1)).collect();
    assert!(bare.is_empty(), "no comment stands above {bare:#?}");
}
