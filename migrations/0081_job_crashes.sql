-- Deaths of a worker are counted apart from failures of its job: a sound document survives any number of kills beside others, and a job that
-- kills its worker is found out by running it alone.

-- attempts counts every lease and is the fence. crashes are those that ended with the death of the worker (its lease ran out), and crashes_alone
-- those among them while the worker ran nothing else.
alter table jobs
  add column crashes       int not null default 0,
  add column crashes_alone int not null default 0,
  add column alone         boolean not null default false,
  add column alone_at      timestamptz,
  -- The worker that takes nothing else for a while, so that it can run this job alone.
  add column drain_by      uuid,
  add column drain_since   timestamptz;
create index jobs_suspect_idx on jobs (run_at) where status = 'queued' and crashes >= 2;
create index jobs_alone_idx on jobs (alone_at) where crashes >= 2;
create index jobs_drain_idx on jobs (drain_since) where drain_since is not null;
create index jobs_running_idx on jobs (leased_by, lease_until) where status = 'running';
create index jobs_queued_idx on jobs (run_at) where status = 'queued';
