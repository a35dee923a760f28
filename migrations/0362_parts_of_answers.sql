-- Reservations of calls that are a part of an answer: they never refuse the answer itself its share (reserve_usage).

alter table quota_reservations add column is_part boolean not null default false;
