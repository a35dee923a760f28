-- Lanes are a list; emails get one of their own.

alter table jobs drop constraint jobs_lane_known, add constraint jobs_lane_known check (lane in ('short', 'long', 'mail'));
