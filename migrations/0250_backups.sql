-- Verified backups of this database, written by what makes them (`backup` of a clone or a release, deploy/backup/daily), read by the
-- worker's metrics. A restored database does not know the backup that it came from.

create table backups (
  -- The moment that the backup shows.
  taken_at    timestamptz primary key,
  verified_at timestamptz not null default now(),
  size_bytes  bigint not null check (size_bytes >= 0)
);
