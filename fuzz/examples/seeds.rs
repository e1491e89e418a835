//! Writes the seeds that no hand can: lives of the machine, and the records that they leave. To be run
//! once more when the form of a record grows.

use std::{fs, path::Path};

use pombo::store::record::encode;
use pombo_fuzz::machine::lived;

const ISSUE: u8 = 0;
const GUESS: u8 = 1;
const RESEND: u8 = 2;
const SENDER: u8 = 4;
const RECEIPT: u8 = 5;
const ALARM: u8 = 7;
const ACCEPTED: u8 = 1;
const DELIVERED: u8 = 5;

/// A name, and the wishes of a life.
const LIVES: [(&str, &[[u8; 4]]); 4] = [
    ("verified", &[[ISSUE, 0, 0, 0], [SENDER, 0, ACCEPTED, 0], [GUESS, 0, 0, 0]]),
    ("silent", &[[ISSUE, 2, 0, 0], [SENDER, 0, ACCEPTED, 0], [ALARM, 0, 0, 0], [RESEND, 0, 0, 0]]),
    ("wrong", &[[ISSUE, 4, 0, 0], [RECEIPT, 0, DELIVERED, 0], [GUESS, 0, 2, 0], [GUESS, 0, 2, 0]]),
    ("payment", &[[ISSUE, 1, 0, 0], [SENDER, 0, ACCEPTED, 0], [ISSUE, 1, 1, 0], [GUESS, 0, 3, 0]]),
];

fn main() -> std::io::Result<()> {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    for folder in ["machine", "records"] {
        fs::create_dir_all(seeds.join(folder))?;
    }
    for (name, wishes) in LIVES {
        let life = [&[0], wishes.as_flattened()].concat();
        fs::write(seeds.join("machine").join(name), &life)?;
        fs::write(seeds.join("records").join(name), encode(&lived(&life)))?;
    }
    Ok(())
}
