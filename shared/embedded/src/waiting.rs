//! Who wants to write: those in a hurry first, and of the others some, while nobody else waits.

use crate::writer::{Closed, Durability, Job, Task};
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

const MOST_IN_ONE_COMMIT: usize = 256;

/// For so long what is in no hurry waits for more of that; and the first of it so long while there is always something
/// that is.
const PATIENCE: Duration = Duration::from_millis(1);
const LONGEST_PATIENCE: Duration = Duration::from_millis(10);
/// How much of it is written at once: what is in a hurry may come meanwhile.
const MOST_PATIENT: usize = 16;

pub(crate) struct Waiting {
    tasks: Receiver<Task>,
    hurried: VecDeque<Job>,
    patient: VecDeque<(Instant, Job)>,
    longest_patience: Duration,
    end: Option<Closed>,
}

/// Who is written in one commit.
pub(crate) struct Gathered {
    hurried: VecDeque<Job>,
    /// How many of those that are in no hurry.
    patient: usize,
    pub(crate) is_synced: bool,
    yields: bool,
}

impl Waiting {
    pub(crate) fn new(tasks: Receiver<Task>) -> Self {
        let (hurried, patient) = (VecDeque::new(), VecDeque::new());
        Self { tasks, hurried, patient, longest_patience: LONGEST_PATIENCE, end: None }
    }

    /// Whether nobody comes for so long.
    pub(crate) fn is_quiet(&mut self, so_long: Duration) -> bool {
        if self.is_empty()
            && let Ok(task) = self.tasks.recv_timeout(so_long)
        {
            self.sort(task);
        }
        self.is_empty()
    }

    fn is_empty(&self) -> bool {
        self.hurried.is_empty() && self.patient.is_empty() && self.end.is_none()
    }

    /// What is written together; `None` when nobody will want anything any more.
    pub(crate) fn gather(&mut self) -> Option<Gathered> {
        self.wait()?;
        let hurried: VecDeque<_> = self.hurried.drain(..self.hurried.len().min(MOST_IN_ONE_COMMIT)).collect();
        let is_synced = hurried.iter().any(|job| job.durability == Durability::Synced);
        let yields = hurried.is_empty() && self.end.is_none();
        let most = if self.end.is_some() {
            usize::MAX
        } else if yields {
            MOST_PATIENT
        } else if self.patience() < self.longest_patience {
            0
        } else if is_synced {
            // They wait for the disk together.
            MOST_IN_ONE_COMMIT.saturating_sub(hurried.len()).max(MOST_PATIENT)
        } else {
            MOST_PATIENT
        };
        Some(Gathered { hurried, patient: self.patient.len().min(most), is_synced, yields })
    }

    /// The next one of them; none that is in no hurry once somebody comes who is, unless it has its turn.
    pub(crate) fn next(&mut self, gathered: &mut Gathered) -> Option<Job> {
        if let Some(job) = gathered.hurried.pop_front() {
            return Some(job);
        }
        gathered.patient = gathered.patient.checked_sub(1)?;
        if gathered.yields {
            self.sort_all();
        }
        if gathered.yields && !self.hurried.is_empty() {
            return None;
        }
        self.patient.pop_front().map(|(_, job)| job)
    }

    /// Who wants an end behind all that was written, once it is.
    pub(crate) fn end(&mut self) -> Option<Closed> {
        let is_all = self.hurried.is_empty() && self.patient.is_empty();
        self.end.take_if(|_| is_all)
    }

    /// Until something is to be written.
    fn wait(&mut self) -> Option<()> {
        if self.is_empty() {
            let first = self.tasks.recv().ok()?;
            self.sort(first);
            // On a busy machine those who are about to write do so first, and one commit serves more of them; on an
            // idle one this waits for nobody.
            thread::yield_now();
        }
        loop {
            self.sort_all();
            let wait = PATIENCE.saturating_sub(self.patience());
            let is_full =
                !self.hurried.is_empty() || self.patient.len() >= MOST_PATIENT || self.end.is_some();
            if is_full || wait.is_zero() {
                return Some(());
            }
            match self.tasks.recv_timeout(wait) {
                Ok(task) => self.sort(task),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Some(()),
            }
        }
    }

    /// Nothing behind an end.
    fn sort_all(&mut self) {
        while self.end.is_none()
            && let Ok(task) = self.tasks.try_recv()
        {
            self.sort(task);
        }
    }

    fn sort(&mut self, task: Task) {
        match task {
            Task::Close(done) => self.end = Some(done),
            Task::Write(job) if job.durability == Durability::Patient => {
                self.patient.push_back((Instant::now(), job));
            }
            Task::Write(job) => self.hurried.push_back(job),
        }
    }

    fn patience(&self) -> Duration {
        self.patient.front().map_or(Duration::ZERO, |(since, _)| since.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_IN_ONE_COMMIT, MOST_PATIENT, Waiting};
    use crate::table::Batch;
    use crate::writer::{Durability, Job, Task, Worked};
    use std::sync::mpsc::{Sender, channel};
    use std::time::Duration;

    fn task(durability: Durability) -> Task {
        let work = Box::new(|_: Option<&mut Batch<'_>>| Worked { broken: None, answer: Box::new(drop) });
        Task::Write(Job { durability, rows: Vec::new(), work })
    }

    fn waiting(longest_patience: Duration) -> (Sender<Task>, Waiting) {
        let (tasks, waiting) = channel();
        (tasks, Waiting { longest_patience, ..Waiting::new(waiting) })
    }

    /// How many of those in no hurry, how many in all, and whether an end comes behind them.
    fn gathered(waiting: &mut Waiting) -> (usize, usize, bool) {
        let mut gathered = waiting.gather().unwrap();
        let jobs: Vec<_> = std::iter::from_fn(|| waiting.next(&mut gathered)).collect();
        let patient = jobs.iter().filter(|job| job.durability == Durability::Patient).count();
        (patient, jobs.len(), waiting.end().is_some())
    }

    #[test]
    fn what_is_in_no_hurry_waits_for_what_is_and_that_for_nobody() {
        let (tasks, mut waiting) = waiting(Duration::MAX);
        for durability in [Durability::Patient, Durability::Synced, Durability::Patient, Durability::Ordered]
        {
            tasks.send(task(durability)).unwrap();
        }
        assert_eq!(gathered(&mut waiting), (0, 2, false));
        assert_eq!(gathered(&mut waiting), (2, 2, false));
    }

    #[test]
    fn what_is_in_no_hurry_is_left_when_somebody_comes_who_is() {
        let (tasks, mut waiting) = waiting(Duration::MAX);
        for _ in 0..MOST_PATIENT {
            tasks.send(task(Durability::Patient)).unwrap();
        }
        let mut begun = waiting.gather().unwrap();
        assert!(waiting.next(&mut begun).is_some());
        tasks.send(task(Durability::Ordered)).unwrap();
        assert!(waiting.next(&mut begun).is_none());
        assert_eq!(gathered(&mut waiting), (0, 1, false));
        assert_eq!(gathered(&mut waiting), (MOST_PATIENT - 1, MOST_PATIENT - 1, false));
    }

    #[test]
    fn a_commit_is_bounded_and_an_end_comes_behind_all_that_was_sent_before_it() {
        let (tasks, mut waiting) = waiting(Duration::MAX);
        for _ in 0..=MOST_IN_ONE_COMMIT {
            tasks.send(task(Durability::Ordered)).unwrap();
        }
        for _ in 0..=MOST_PATIENT {
            tasks.send(task(Durability::Patient)).unwrap();
        }
        let counts = [(); 3].map(|()| gathered(&mut waiting));
        assert_eq!(
            counts,
            [(0, MOST_IN_ONE_COMMIT, false), (0, 1, false), (MOST_PATIENT, MOST_PATIENT, false)]
        );
        let (done, _) = tokio::sync::oneshot::channel();
        tasks.send(Task::Close(done)).unwrap();
        tasks.send(task(Durability::Synced)).unwrap();
        assert_eq!(gathered(&mut waiting), (1, 1, true), "what comes behind the end is refused");
    }

    #[test]
    fn what_is_in_no_hurry_has_its_turn_although_there_is_always_something_that_is() {
        for (durability, hurried, most) in [
            (Durability::Ordered, 1, 1 + MOST_PATIENT),
            (Durability::Synced, 1, MOST_IN_ONE_COMMIT),
            (Durability::Synced, MOST_IN_ONE_COMMIT, MOST_IN_ONE_COMMIT + MOST_PATIENT),
        ] {
            let (tasks, mut waiting) = waiting(Duration::ZERO);
            for _ in 0..hurried {
                tasks.send(task(durability)).unwrap();
            }
            for _ in 0..MOST_IN_ONE_COMMIT {
                tasks.send(task(Durability::Patient)).unwrap();
            }
            assert_eq!(gathered(&mut waiting).1, most);
        }
    }

    #[test]
    fn it_is_quiet_when_nobody_comes() {
        let (tasks, mut waiting) = waiting(Duration::MAX);
        assert!(waiting.is_quiet(Duration::ZERO));
        tasks.send(task(Durability::Patient)).unwrap();
        assert!(!waiting.is_quiet(Duration::MAX));
        assert!(!waiting.is_quiet(Duration::ZERO), "who has come waits");
        assert_eq!(gathered(&mut waiting), (1, 1, false));
    }
}
