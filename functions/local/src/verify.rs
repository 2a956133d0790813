//! `larder audit verify`: an export, read line by line.

use domain::audit::{Known, Report, Verifier};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;

/// Longer than any row can be; what is longer is not of ours.
const MOST_LINE_BYTES: u64 = 512 * 1024;

/// What other programs put before UTF-8 when they save it.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// After this many nobody reads on.
const MOST_TOLD: usize = 100;

/// What there is to say about the export, and whether it is whole. That a program saved it with a byte order mark or
/// with other ends of lines alters no entry.
pub fn verify(file: &Path, known: Known) -> io::Result<(String, bool)> {
    let mut file = BufReader::new(File::open(file)?);
    let start = file.fill_buf()?;
    if is_utf16(start) {
        let said = "it was saved as UTF-16; save it as UTF-8, as it was exported";
        return Err(io::Error::new(io::ErrorKind::InvalidData, said));
    }
    if start.starts_with(BYTE_ORDER_MARK) {
        file.consume(BYTE_ORDER_MARK.len());
    }
    let (mut verifier, mut line) = (Verifier::default(), Vec::new());
    while file.by_ref().take(MOST_LINE_BYTES).read_until(b'\n', &mut line)? > 0 {
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        verifier.read(&String::from_utf8_lossy(text));
        line.clear();
    }
    let report = verifier.finish(known);
    Ok((say(&report, known), report.faults.is_empty()))
}

/// By its own mark, or by the two bytes of the first brace.
fn is_utf16(start: &[u8]) -> bool {
    [b"\xff\xfe", b"\xfe\xff", b"{\0", b"\0{"].into_iter().any(|mark| start.starts_with(mark))
}

fn say(report: &Report, known: Known) -> String {
    let mut said = String::new();
    for fault in report.faults.iter().take(MOST_TOLD) {
        let _ = writeln!(said, "{fault}");
    }
    let faults = report.faults.len();
    let _ = match (faults, report.first, report.head) {
        (0, Some(first), Some(head)) => {
            let (entries, seq, hash) = (report.entries, head.seq, head.hash);
            let _ = writeln!(
                said,
                "{entries} entries, {first} to {seq}, each following the one before it. Head: {hash}"
            );
            write!(said, "{}", unproven(first, seq, report.through, known))
        }
        (1, ..) => writeln!(said, "This export is not as it was made: 1 fault."),
        _ => writeln!(said, "This export is not as it was made: {faults} faults."),
    };
    said
}

/// A file cannot vouch for itself: what it takes to be sure of the rest.
fn unproven(first: u64, seq: u64, through: Option<u64>, known: Known) -> String {
    let mut said = String::new();
    if first > 1 && known.first.is_none() {
        let _ = writeln!(
            said,
            "Not proven: that nothing was cut off before entry {first}. Add `--first` with the `first` of GET /audit/head."
        );
    }
    let _ = match through {
        None => writeln!(
            said,
            "Not proven: that nothing was cut off behind entry {seq}, and that this is the chain which Larder sealed. \
             Add `--head` with the `hash` of GET /audit/head."
        ),
        Some(through) if through < seq => writeln!(
            said,
            "Not proven: what stands behind entry {through}, whose hash was given. A newer one is the `hash` of GET \
             /audit/head."
        ),
        Some(_) => Ok(()),
    };
    said
}
