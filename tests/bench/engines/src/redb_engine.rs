use std::fs::File;
use std::io;
use std::path::Path;

use redb::backends::FileBackend;
use redb::{
    Builder, Database, Durability, ReadableDatabase, ReadableTable, ReadableTableMetadata, StorageBackend,
    TableDefinition, WriteTransaction,
};

use crate::engine::{CACHE_BYTES, Engine, Fallible, Put};

/// The value is the version, 8 bytes, and then the body.
const ROWS: TableDefinition<(&str, &str), &[u8]> = TableDefinition::new("rows");
const LOG: TableDefinition<u64, (&str, &str)> = TableDefinition::new("log");
const COUNTERS: TableDefinition<&str, u64> = TableDefinition::new("counters");

#[derive(Clone, Copy)]
pub struct Layout {
    /// Each commit also saves the allocator state, so that a crash needs no walk of the file.
    pub quick_repair: bool,
    /// Counters live in a file that is never fsynced: the one way redb has to let a commit reach
    /// the operating system without waiting for the disk. They cannot share the file of the
    /// rows, whose commits do depend on the order in which pages reach the disk.
    pub counters_apart: bool,
}

pub struct RedbEngine {
    rows: Database,
    counters: Option<Database>,
    quick_repair: bool,
    next_seq: u64,
}

impl RedbEngine {
    pub fn open(dir: &Path, layout: Layout) -> Fallible<Self> {
        let path = dir.join("rows.redb");
        let is_new = !path.exists();
        let mut builder = Builder::new();
        builder.set_cache_size(CACHE_BYTES);
        let rows = builder.create(&path)?;
        let counters = match layout.counters_apart {
            true => Some(builder.create_with_backend(Unsynced::open(&dir.join("counters.redb"))?)?),
            false => None,
        };
        if is_new {
            let transaction = rows.begin_write()?;
            transaction.open_table(ROWS)?;
            transaction.open_table(LOG)?;
            transaction.open_table(COUNTERS)?;
            transaction.commit()?;
        }
        let last = rows.begin_read()?.open_table(LOG)?.last()?.map(|(seq, _)| seq.value());
        let next_seq = last.map_or(1, |seq| seq + 1);
        Ok(RedbEngine { rows, counters, quick_repair: layout.quick_repair, next_seq })
    }

    fn begin_count(&self) -> Fallible<WriteTransaction> {
        if let Some(counters) = &self.counters {
            return Ok(counters.begin_write()?);
        }
        let mut transaction = self.rows.begin_write()?;
        transaction.set_durability(Durability::None)?;
        Ok(transaction)
    }
}

impl Engine for RedbEngine {
    fn put(&mut self, rows: &[Put]) -> Fallible<()> {
        let mut transaction = self.rows.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        transaction.set_quick_repair(self.quick_repair);
        {
            let mut log = transaction.open_table(LOG)?;
            let mut table = transaction.open_table(ROWS)?;
            let mut value = Vec::new();
            for (seq, Put { owner, sort, body }) in (self.next_seq..).zip(rows) {
                let key = (owner.as_str(), sort.as_str());
                value.clear();
                value.extend_from_slice(&seq.to_le_bytes());
                value.extend_from_slice(body.as_bytes());
                log.insert(seq, key)?;
                table.insert(key, value.as_slice())?;
            }
        }
        transaction.commit()?;
        self.next_seq += rows.len() as u64;
        Ok(())
    }

    fn count(&mut self, names: &[String]) -> Fallible<()> {
        let transaction = self.begin_count()?;
        {
            let mut table = transaction.open_table(COUNTERS)?;
            for name in names {
                let value = table.get(name.as_str())?.map_or(0, |value| value.value());
                table.insert(name.as_str(), value + 1)?;
            }
        }
        Ok(transaction.commit()?)
    }

    fn get(&self, owner: &str, sort: &str) -> Fallible<Option<Vec<u8>>> {
        let table = self.rows.begin_read()?.open_table(ROWS)?;
        let value = ReadableTable::get(&table, (owner, sort))?;
        Ok(value.map(|value| value.value()[8..].to_vec()))
    }

    fn range(&self, owner: &str, sort: &str, limit: usize) -> Fallible<Vec<Vec<u8>>> {
        let table = self.rows.begin_read()?.open_table(ROWS)?;
        let mut bodies = Vec::with_capacity(limit);
        for entry in ReadableTable::range(&table, (owner, sort)..)?.take(limit) {
            let (key, value) = entry?;
            if key.value().0 != owner {
                break;
            }
            bodies.push(value.value()[8..].to_vec());
        }
        Ok(bodies)
    }

    fn counter(&self, name: &str) -> Fallible<u64> {
        let database = self.counters.as_ref().unwrap_or(&self.rows);
        let table = database.begin_read()?.open_table(COUNTERS)?;
        let value = ReadableTable::get(&table, name)?;
        Ok(value.map_or(0, |value| value.value()))
    }

    fn log_len(&self) -> Fallible<u64> {
        Ok(self.rows.begin_read()?.open_table(LOG)?.len()?)
    }

    fn compact(&mut self) -> Fallible<()> {
        self.rows.compact()?;
        Ok(())
    }
}

/// A file whose writes reach the operating system but are never forced to the disk.
#[derive(Debug)]
struct Unsynced(FileBackend);

impl Unsynced {
    fn open(path: &Path) -> Fallible<Self> {
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        Ok(Unsynced(FileBackend::new(file)?))
    }
}

impl StorageBackend for Unsynced {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.0.close()
    }
}
