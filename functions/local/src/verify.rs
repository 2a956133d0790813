//! `larder audit verify`: an export, read line by line.

use domain::audit::{Hash, Report, Verifier};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;

/// Longer than any row can be; what is longer is not of ours.
const MOST_LINE_BYTES: u64 = 512 * 1024;

/// After this many nobody reads on.
const MOST_TOLD: usize = 100;

/// What there is to say about the export, and whether it is whole.
pub fn verify(file: &Path, known: Option<Hash>) -> io::Result<(String, bool)> {
    let mut file = BufReader::new(File::open(file)?);
    let (mut verifier, mut line) = (Verifier::default(), Vec::new());
    while file.by_ref().take(MOST_LINE_BYTES).read_until(b'\n', &mut line)? > 0 {
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        verifier.read(&String::from_utf8_lossy(text));
        line.clear();
    }
    let report = verifier.finish(known);
    Ok((say(&report), report.faults.is_empty()))
}

fn say(report: &Report) -> String {
    let mut said = String::new();
    for fault in report.faults.iter().take(MOST_TOLD) {
        let _ = writeln!(said, "{fault}");
    }
    let faults = report.faults.len();
    let _ = match (faults, report.first, report.head) {
        (0, Some(first), Some(head)) => {
            let (entries, seq, hash) = (report.entries, head.seq, head.hash);
            writeln!(
                said,
                "{entries} entries, {first} to {seq}, each in its place and as it was sealed. Head: {hash}"
            )
        }
        (0, ..) => writeln!(said, "There are no entries, and none is missing."),
        (1, ..) => writeln!(said, "This export is not as it was made: 1 fault."),
        _ => writeln!(said, "This export is not as it was made: {faults} faults."),
    };
    said
}
