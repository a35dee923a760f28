-- Deaths of a worker are counted apart from failures of its job: a sound document survives any number of kills beside others, and a job that
-- kills its worker is found out by running it alone.

-- attempts counts every lease and is the fence. crashes are those that ended with the death of the worker (its lease ran out), and crashes_alone
-- those among them while the worker ran nothing else.
alter table jobs
  add column crashes       int not null default 0,
  add column crashes_alone int not null default 0,
  add column alone         boolean not null default false,
  add column alone_at      timestamptz;
create index jobs_suspect_idx on jobs (run_at) where status in ('queued', 'running') and crashes >= 2;
