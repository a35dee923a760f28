//! Lanes: kinds of work with slots of their own in each worker.
//!
//! ```text
//! enqueue_job ──> jobs ──lease, at most as many as slots are free──> short ─┬─> done within seconds
//!                  ^                                                         │
//!                  └── released, with lane = long <── more than its limits <─┘
//!
//!                 jobs ──> long    large documents
//!                 jobs ──> mail    waits for a mail server
//!                 jobs ──> crawl   waits for web servers, for hours
//! ```
//!
//! A kind of job has a lane (`Job::LANE`), or gets one by the size of its document. Only a job of
//! the short lane changes its own. Within a lane, tenants take turns (ADR 19).

/// Which slots of a worker a job takes, so that one kind of work does not wait for another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Lane {
    /// Small documents, exports: done within seconds. A job that takes longer moves to the long
    /// lane.
    Short,
    /// Large documents.
    Long,
    /// Emails, which wait for a mail server.
    Mail,
    /// Crawls of websites: they wait for web servers, for hours.
    Crawl,
}

impl Lane {
    /// Every lane.
    pub const ALL: &'static [Lane] = &[Self::Short, Self::Long, Self::Mail, Self::Crawl];

    /// The spelling in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Long => "long",
            Self::Mail => "mail",
            Self::Crawl => "crawl",
        }
    }

    /// Parses [`Lane::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|lane| lane.as_str() == text)
    }
}

/// A worker's free slots, by lane.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FreeSlots {
    /// Free slots of [`Lane::Short`].
    pub short: usize,
    /// Free slots of [`Lane::Long`].
    pub long: usize,
    /// Free slots of [`Lane::Mail`].
    pub mail: usize,
    /// Of [`Lane::Crawl`].
    pub crawl: usize,
}

impl FreeSlots {
    /// None in any lane.
    pub const NONE: Self = Self { short: 0, long: 0, mail: 0, crawl: 0 };

    /// Free slots of one lane.
    #[must_use]
    pub fn of(self, lane: Lane) -> usize {
        match lane {
            Lane::Short => self.short,
            Lane::Long => self.long,
            Lane::Mail => self.mail,
            Lane::Crawl => self.crawl,
        }
    }

    /// Free slots of all lanes together.
    #[must_use]
    pub fn total(self) -> usize {
        Lane::ALL.iter().map(|&lane| self.of(lane)).sum()
    }
}
