//! Pure nouns shared by everything: ids, time, problems, paging; no I/O.
