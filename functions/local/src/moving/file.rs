//! The file: JSON, or the same within a zip. What is written is whole, or not there.

use super::Failure;
use super::page::Page;
use crate::cli::Format;
use domain::moving::FORM;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, BufWriter, Read, Seek as _, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{ZipArchive, ZipWriter};

/// What the one file within a zip is called.
const MEMBER: &str = "larder.json";

const STANDARD: &str = "-";

/// What every zip begins with.
const ZIP: &[u8] = b"PK\x03\x04";

type Plain = BufWriter<Box<dyn Write>>;

pub(super) struct Outlet {
    to: To,
    /// The list that is being written.
    list: Option<String>,
    /// Where it is written, and where it goes when it is whole.
    file: Option<(PathBuf, PathBuf)>,
}

enum To {
    Json(Plain),
    Zip(Box<ZipWriter<StreamWriter<Plain>>>),
}

impl Outlet {
    pub(super) fn open(path: &Path, format: Format) -> Result<Self, Failure> {
        let failed = |error| Failure::File(path.to_owned(), error);
        let mut file = None;
        let plain: Box<dyn Write> = if path.as_os_str() == STANDARD {
            Box::new(io::stdout())
        } else {
            let mut aside = path.as_os_str().to_owned();
            aside.push(".part");
            // All that a person keeps: no other user of the machine may look.
            let mut options = OpenOptions::new();
            let opened = options.write(true).create(true).truncate(true).mode(0o600).open(&aside);
            file = Some((aside.into(), path.to_owned()));
            Box::new(opened.map_err(failed)?)
        };
        let plain = BufWriter::new(plain);
        let to = match format {
            Format::Json => To::Json(plain),
            Format::Zip => {
                let mut zip = ZipWriter::new_stream(plain);
                // Nobody knows yet how large it will be.
                let options = SimpleFileOptions::default().large_file(true).unix_permissions(0o600);
                zip.start_file(MEMBER, options).map_err(|error| failed(error.into()))?;
                To::Zip(Box::new(zip))
            }
        };
        Ok(Self { to, list: None, file })
    }

    pub(super) fn add(&mut self, page: &Page) -> io::Result<()> {
        if self.list.is_none() {
            let at = serde_json::Value::from(page.exported_at.as_str());
            write!(self.to, "{{\"larder\":{FORM},\"exported_at\":{at}")?;
        }
        let mut list = self.list.take().unwrap_or_default();
        for (name, items) in page.lists.iter().filter(|(_, items)| !items.is_empty()) {
            let is_begun = list == *name;
            if !is_begun {
                let end = if list.is_empty() { "" } else { "]" };
                write!(self.to, "{end},\n{}:[", serde_json::Value::from(name.as_str()))?;
            }
            for (nth, item) in items.iter().enumerate() {
                let comma = if is_begun || nth > 0 { "," } else { "" };
                write!(self.to, "{comma}\n{}", item.get())?;
            }
            list.clone_from(name);
        }
        self.list = Some(list);
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<(), Failure> {
        let end = if self.list.is_some_and(|list| !list.is_empty()) { "]}\n" } else { "}\n" };
        self.to.write_all(end.as_bytes())?;
        let mut plain = match self.to {
            To::Json(plain) => plain,
            To::Zip(zip) => zip.finish().map_err(io::Error::from)?.into_inner(),
        };
        plain.flush()?;
        drop(plain);
        if let Some((aside, path)) = self.file {
            let whole = File::open(&aside).and_then(|file| file.sync_all());
            whole.and_then(|()| fs::rename(&aside, &path)).map_err(|error| Failure::File(path, error))?;
        }
        Ok(())
    }
}

impl Write for To {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Json(plain) => plain.write(bytes),
            Self::Zip(zip) => zip.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Json(plain) => plain.flush(),
            Self::Zip(zip) => zip.flush(),
        }
    }
}

pub(super) enum Inlet {
    Json(Box<dyn Read + Send>),
    Zip(Box<ZipArchive<BufReader<File>>>),
}

impl Inlet {
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let failed = |error| Failure::File(path.to_owned(), error);
        if path.as_os_str() == STANDARD {
            return Ok(Self::Json(Box::new(io::stdin())));
        }
        let mut file = BufReader::new(File::open(path).map_err(failed)?);
        if !file.fill_buf().map_err(failed)?.starts_with(ZIP) {
            return Ok(Self::Json(Box::new(file)));
        }
        file.rewind().map_err(failed)?;
        let zip = ZipArchive::new(file).map_err(|error| failed(error.into()))?;
        // Nothing of a zip is unpacked but this one, and that nowhere.
        if zip.index_for_name(MEMBER).is_none() {
            let said = format!("this zip has no `{MEMBER}`, as one has that `larder export` wrote");
            return Err(failed(io::Error::new(io::ErrorKind::InvalidData, said)));
        }
        Ok(Self::Zip(Box::new(zip)))
    }

    pub(super) fn read<T>(
        self,
        read: impl FnOnce(&mut dyn Read) -> serde_json::Result<T>,
    ) -> serde_json::Result<T> {
        match self {
            Self::Json(mut plain) => read(&mut BufReader::new(&mut plain)),
            Self::Zip(mut zip) => {
                let member = zip.by_name(MEMBER).map_err(|error| serde_json::Error::io(error.into()))?;
                read(&mut BufReader::new(member))
            }
        }
    }
}
