//! What the adapter makes of a network and a service that fail: an acknowledged write is never lost, an own write
//! never looks like somebody else's, and a service that stays down is busy, not broken.

use crate::dynamo;
use crate::faulty::{Fault, Faulty, Plan};
use aws::DynamoTable;
use aws_sdk_dynamodb::config::retry::{RetryConfig, RetryPartition};
use domain::Error;
use domain::conformance::count::FAR;
use domain::conformance::{ManualClock, op, owner};
use domain::id::OpId;
use domain::table::{Claim, Counters, Expect, Put, Record, RowKey, Table, Write};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const ALL: [Fault; 7] = [
    Fault::Throttled,
    Fault::BrokenBefore,
    Fault::BrokenAfter,
    Fault::TimedOutBefore,
    Fault::TimedOutAfter,
    Fault::ResetAfter,
    Fault::Conflicting,
];

/// How often the SDK sends a request before it gives up.
const TRIES: usize = 3;

/// Longer than any call of the adapter goes on.
const FOR_EVER: usize = 1_000;

struct Store {
    endpoint: String,
    sound: DynamoTable,
}

impl Store {
    async fn start() -> Self {
        let endpoint = dynamo::start().await;
        let sound = table(dynamo::config(&endpoint));
        Self { endpoint, sound }
    }

    fn behind(&self, faulty: &Faulty) -> DynamoTable {
        // Each its own, because the SDK retries less and less when all share one budget.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let budget = RetryPartition::new(format!("case {}", NEXT.fetch_add(1, Ordering::SeqCst)));
        let retry = RetryConfig::standard()
            .with_initial_backoff(Duration::from_micros(1))
            .with_max_backoff(Duration::from_micros(2));
        let config = dynamo::config(&self.endpoint).http_client(faulty.clone());
        table(config.retry_config(retry).retry_partition(budget))
    }
}

fn table(config: aws_sdk_dynamodb::config::Builder) -> DynamoTable {
    DynamoTable::new(config, dynamo::TABLE.to_owned(), Arc::new(ManualClock::default()))
}

#[derive(Debug, Clone, Copy)]
enum Operation {
    Create,
    Replace,
    Delete,
    Transact,
}

impl Operation {
    fn is_put(self) -> bool {
        matches!(self, Self::Create | Self::Replace)
    }
}

/// One write of a kind, to rows of its own.
struct Case {
    operation: Operation,
    sort: String,
    op: OpId,
}

impl Case {
    async fn prepare(operation: Operation, sort: String, store: &Store) -> Self {
        let case = Self { operation, sort, op: op() };
        if !matches!(operation, Operation::Create) {
            store.sound.put(case.put("", "old", Expect::Absent), op()).await.unwrap();
        }
        case
    }

    fn key(&self, suffix: &str) -> RowKey {
        RowKey::new(owner(1), format!("{}{suffix}", self.sort))
    }

    fn put(&self, suffix: &str, body: &str, expect: Expect) -> Put {
        Put::new(self.key(suffix), body, expect)
    }

    async fn run(&self, table: &DynamoTable) -> Result<(), Error> {
        match self.operation {
            Operation::Create => table.put(self.put("", "new", Expect::Absent), self.op).await.map(drop),
            Operation::Replace => table.put(self.put("", "new", Expect::Version(1)), self.op).await.map(drop),
            Operation::Delete => table.delete(self.key(""), 1, self.op).await,
            Operation::Transact => {
                let delete = Write::Delete { key: self.key(""), version: 1 };
                let put = Write::Put(self.put("/moved", "new", Expect::Absent));
                table.transact(vec![delete, put], self.op).await
            }
        }
    }

    /// The rows, as body and version.
    async fn rows(&self, store: &Store) -> [Option<(String, u64)>; 2] {
        let keys = ["", "/moved"].map(|suffix| self.key(suffix));
        let rows = store.sound.get_many(&keys).await.unwrap();
        let rows: Vec<_> = rows.into_iter().map(|row| row.map(|row| (row.body, row.version))).collect();
        rows.try_into().unwrap()
    }

    fn before(&self) -> [Option<(String, u64)>; 2] {
        let old = !matches!(self.operation, Operation::Create);
        [old.then(|| ("old".to_owned(), 1)), None]
    }

    fn after(&self) -> [Option<(String, u64)>; 2] {
        let new = |version| Some(("new".to_owned(), version));
        match self.operation {
            Operation::Create => [new(1), None],
            Operation::Replace => [new(2), None],
            Operation::Delete => [None, None],
            Operation::Transact => [None, new(1)],
        }
    }
}

fn plan(fault: Fault, from: usize, times: usize) -> Plan {
    Arc::new(move |call| (from..from + times).contains(&call).then_some(fault))
}

#[tokio::test]
async fn every_write_survives_every_fault_at_every_call() {
    let store = Store::start().await;
    for operation in [Operation::Create, Operation::Replace, Operation::Delete, Operation::Transact] {
        for fault in ALL {
            for (from, times) in (0..4).flat_map(|from| [1, 2, TRIES, FOR_EVER].map(|times| (from, times))) {
                let name = format!("{operation:?}/{fault:?}/{from}/{times}");
                let case = Case::prepare(operation, name.clone(), &store).await;
                let answer = case.run(&store.behind(&Faulty::new(plan(fault, from, times)))).await;
                let rows = case.rows(&store).await;
                match answer {
                    Ok(()) => assert_eq!(rows, case.after(), "{name}: acknowledged"),
                    Err(Error::Busy) => {
                        let can_be_read_back = times == TRIES && operation.is_put() && fault.takes_effect();
                        assert!(!can_be_read_back, "{name}: it is there, with its own mark");
                        assert!(times > 1 && from == 0, "{name}: one fault is what retries are for");
                        assert!(rows == case.before() || rows == case.after(), "{name}: half done: {rows:?}");
                        case.run(&store.sound).await.unwrap();
                        assert_eq!(case.rows(&store).await, case.after(), "{name}: repeated");
                    }
                    Err(error) => panic!("{name}: {error:?}"),
                }
            }
        }
    }
}

#[tokio::test]
async fn a_store_that_stays_down_is_busy_and_unchanged() {
    let store = Store::start().await;
    for fault in [Fault::Throttled, Fault::BrokenBefore, Fault::TimedOutBefore, Fault::Conflicting] {
        let table = store.behind(&Faulty::new(plan(fault, 0, FOR_EVER)));
        for operation in [Operation::Create, Operation::Replace, Operation::Delete, Operation::Transact] {
            let case = Case::prepare(operation, format!("{operation:?}/{fault:?}"), &store).await;
            let answer = case.run(&table).await;
            assert!(matches!(answer, Err(Error::Busy)), "{operation:?} {fault:?}: {answer:?}");
            assert_eq!(case.rows(&store).await, case.before());
        }
        let counted = table.add(RowKey::new(owner(1), "counter"), &[("calls", 1)], &[], FAR).await;
        assert!(matches!(counted, Err(Error::Busy)), "{fault:?}: {counted:?}");
        assert_eq!(store.sound.get(&RowKey::new(owner(1), "counter")).await.unwrap(), None);
        let read = table.get(&RowKey::new(owner(1), "a")).await;
        assert!(matches!(read, Err(Error::Busy)), "{fault:?}: {read:?}");
    }
}

#[tokio::test]
async fn what_was_let_in_is_counted() {
    let store = Store::start().await;
    for fault in ALL {
        for most in [1, 5] {
            let key = RowKey::new(owner(1), format!("{fault:?}/{most}"));
            let set = Counters::from([("most".to_owned(), most)]);
            let write = Write::Set { key: key.clone(), set, drop: BTreeSet::new() };
            store.sound.transact(vec![write], op()).await.unwrap();
            let claim = Claim { counters: vec![("calls".to_owned(), "most")], guards: Vec::new() };
            let table = store.behind(&Faulty::new(plan(fault, 0, 1)));
            let taken = table.take(&key, &claim).await.unwrap();
            let counted = store.sound.get(&key).await.unwrap().unwrap().counters["calls"];
            // One whose answer was lost is asked for again: it may count twice, or have taken the last room itself.
            let again = fault.takes_effect();
            assert_eq!(
                (counted, taken.is_taken),
                if again && most > 1 { (2, true) } else { (1, !again) },
                "{fault:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_counter_never_forgets_what_it_acknowledged() {
    let store = Store::start().await;
    for fault in ALL {
        let key = RowKey::new(owner(1), format!("{fault:?}"));
        for from in 0..3 {
            let table = store.behind(&Faulty::new(plan(fault, from, 1)));
            table.add(key.clone(), &[("calls", 1)], &[], FAR).await.unwrap();
        }
        let row = store.sound.get(&key).await.unwrap().unwrap();
        // An addition whose answer was lost is repeated: it may count twice, never not at all.
        assert!((3..=4).contains(&row.counters["calls"]), "{fault:?}: {row:?}");
    }
}

#[tokio::test]
async fn what_is_recorded_is_there_in_spite_of_a_fault() {
    let store = Store::start().await;
    for fault in ALL.into_iter().filter(|fault| *fault != Fault::Conflicting) {
        for from in 0..3 {
            let table = store.behind(&Faulty::new(plan(fault, from, 1)));
            let key = |n| RowKey::new(owner(1), format!("{fault:?}/{from}/{n:02}"));
            let keys: Vec<_> = (0..60).map(key).collect();
            let record = |key: &RowKey| Record { key: key.clone(), body: "one".to_owned(), expires: None };
            table.record(keys.iter().map(record).collect()).await.unwrap();
            let rows = store.sound.get_many(&keys).await.unwrap();
            assert!(rows.iter().all(Option::is_some), "{fault:?} at {from}");
        }
    }
}

#[tokio::test]
async fn a_thousand_puts_through_many_faults() {
    let store = Store::start().await;
    let mut random: u64 = 0x5eed;
    let faults: Vec<_> = std::iter::repeat_with(|| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        ALL.get((random % 18) as usize).copied()
    })
    .take(10_000)
    .collect();
    let faulty = Faulty::new(Arc::new(move |call| faults[call % faults.len()]));
    let (mut busy, mut refusals) = (0, 0);
    for number in 0..1_000 {
        let case = Case::prepare(Operation::Create, format!("{number}"), &store).await;
        let table = store.behind(&faulty);
        match case.run(&table).await {
            Ok(()) => assert_eq!(case.rows(&store).await, case.after()),
            Err(Error::Busy) => busy += 1,
            Err(error) => panic!("{number}: {error:?}"),
        }
        refusals = faulty.refusals();
    }
    assert!(busy < 100, "{busy} of 1000 gave up");
    assert!(refusals > 50, "only {refusals} own writes were met again: this proves nothing");
}
