//! The answer while it grows. It is shared with whoever waits, so that what was learned and written is known even
//! where the one who delivers never comes back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::document::deliver::{Deliver, StageReport, StageResult};
use crate::model::stage::Stage;
use crate::ssh::deadline::milliseconds;
use crate::ssh::error::SshError;

/// The answer so far, and the stage that is under way.
#[derive(Debug, Clone)]
pub(super) struct Log(Arc<Mutex<Record>>);

#[derive(Debug)]
struct Record {
    answer: Deliver,
    under_way: Option<(Stage, Instant)>,
}

impl Log {
    /// A log of these stages.
    pub(super) fn new(answer: Deliver, stages: &[Stage]) -> Self {
        let not_reached = |stage| StageReport { stage, result: StageResult::NotReached, ms: None, detail: None };
        let stages = stages.iter().copied().map(not_reached).collect();
        Self(Arc::new(Mutex::new(Record { answer: Deliver { stages, ..answer }, under_way: None })))
    }

    /// Changes the answer.
    pub(super) fn note(&self, change: impl FnOnce(&mut Deliver)) {
        change(&mut self.record().answer);
    }

    /// Looks something up in the answer.
    pub(super) fn look<T>(&self, at: impl FnOnce(&Deliver) -> T) -> T {
        at(&self.record().answer)
    }

    /// The answer as it stands.
    pub(super) fn answer(&self) -> Deliver {
        self.record().answer.clone()
    }

    /// Begins a stage.
    pub(super) fn begin(&self, stage: Stage) {
        self.begin_at(stage, Instant::now());
    }

    /// Begins a stage that began a while ago.
    pub(super) fn begin_at(&self, stage: Stage, start: Instant) {
        self.record().under_way = Some((stage, start));
    }

    /// The stage under way ended well at this time.
    pub(super) fn pass_at(&self, end: Instant, detail: Option<String>) {
        self.record().end(end, StageResult::Passed, detail);
    }

    /// The stage under way ended well.
    pub(super) fn pass(&self, detail: Option<String>) {
        self.pass_at(Instant::now(), detail);
    }

    /// The stage under way failed. The first failure counts.
    pub(super) fn fail(&self, failure: SshError) {
        let mut record = self.record();
        let stage = record.under_way.map_or(Stage::Resolve, |(stage, _)| stage);
        record.end(Instant::now(), StageResult::Failed, None);
        record.answer.failure.get_or_insert_with(|| failure.at(stage));
    }

    /// A stage as a whole: `work` tells what was seen.
    pub(super) fn stage<T>(
        &self,
        stage: Stage,
        work: impl FnOnce() -> Result<(T, String), SshError>,
    ) -> Result<T, SshError> {
        self.begin(stage);
        let (value, detail) = work()?;
        self.pass(Some(detail));
        Ok(value)
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    fn end(&mut self, end: Instant, result: StageResult, detail: Option<String>) {
        let Some((stage, start)) = self.under_way.take() else { return };
        if let Some(report) = self.answer.stages.iter_mut().find(|report| report.stage == stage) {
            report.result = result;
            report.ms = Some(milliseconds(end.saturating_duration_since(start)));
            report.detail = detail;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_counts_and_later_stages_are_not_reached() {
        let log = Log::new(Deliver::default(), &Stage::OF_A_DELIVERY);
        assert_eq!(log.stage(Stage::Resolve, || Ok((7, "seen".to_owned()))), Ok(7));
        let failed = log.stage(Stage::Connect, || Err::<((), String), _>(SshError::own("timed_out", "late")));
        log.fail(failed.unwrap_err());
        log.fail(SshError::own("flood", "later"));
        let answer = log.answer();
        let results: Vec<_> = answer.stages.iter().map(|report| report.result).collect();
        assert_eq!(results[..2], [StageResult::Passed, StageResult::Failed]);
        assert!(results[2..].iter().all(|result| *result == StageResult::NotReached));
        assert_eq!(answer.failure.unwrap().message, "late");
    }
}
