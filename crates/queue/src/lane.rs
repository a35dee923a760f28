//! Lanes: kinds of work with slots of their own in each worker.

/// Which slots of a worker a job takes, so that no kind of work waits for another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Lane {
    /// Small documents, exports: done within seconds. A job that takes longer moves to the long lane.
    Short,
    /// Large documents.
    Long,
    /// Emails: they wait for a mail server.
    Mail,
    /// Crawls of websites: they wait for web servers, for hours.
    Crawl,
}

impl Lane {
    /// Every lane.
    pub const ALL: &'static [Lane] = &[Self::Short, Self::Long, Self::Mail, Self::Crawl];

    /// As the database spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Long => "long",
            Self::Mail => "mail",
            Self::Crawl => "crawl",
        }
    }

    /// Reads [`Lane::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|lane| lane.as_str() == text)
    }
}

/// A worker's free slots, by lane.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FreeSlots {
    /// Of [`Lane::Short`].
    pub short: usize,
    /// Of [`Lane::Long`].
    pub long: usize,
    /// Of [`Lane::Mail`].
    pub mail: usize,
    /// Of [`Lane::Crawl`].
    pub crawl: usize,
}

impl FreeSlots {
    /// None in any lane.
    pub const NONE: Self = Self { short: 0, long: 0, mail: 0, crawl: 0 };

    /// Of one lane.
    #[must_use]
    pub fn of(self, lane: Lane) -> usize {
        match lane {
            Lane::Short => self.short,
            Lane::Long => self.long,
            Lane::Mail => self.mail,
            Lane::Crawl => self.crawl,
        }
    }

    /// Of all lanes.
    #[must_use]
    pub fn total(self) -> usize {
        Lane::ALL.iter().map(|&lane| self.of(lane)).sum()
    }
}
