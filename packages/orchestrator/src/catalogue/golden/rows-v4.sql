insert into runs (id, operation, source, repository, arguments, cause, unique_key, exclusive_keys, limit_keys, due_at, priority, timeout_ms, attempts, attempt, state, queued_at, started_at, ended_at, leased_by, leased_until, cancel_requested, error, result) values
('01a00000-0000-7000-8000-000000000001', 'backup', 'shop', null, '{}', '{"type":"schedule","fire":"2026-11-21T02:00:00.000Z","isMadeUp":false}', 'backup/shop/2026-11-21T02:00:00.000Z', '["source/shop"]', '["host/web-1","repository/main"]', 1795226400000, 0, 3600000, 3, 1, 'succeeded', 1795226400001, 1795226400002, 1795226460000, 'web-1:1:a', null, 0, null, '{"snapshots":{"main":"aa"},"bytesRead":10}'),
('01a00000-0000-7000-8000-000000000002', 'check', null, 'main', '{}', '{"type":"manual","by":"op"}', 'manual/2', '["repository/main"]', '[]', 1795226400000, 0, 3600000, 1, 1, 'running', 1795226400001, 1795226400002, null, 'web-1:1:a', 1795226500000, 0, null, null),
('01a00000-0000-7000-8000-000000000003', 'backup', 'blog', null, '{}', '{"type":"after","runId":"01a00000-0000-7000-8000-000000000001"}', 'manual/3', '["source/blog"]', '[]', 1795226400000, 0, 3600000, 2, 0, 'queued', 1795226400001, null, null, null, null, 0, null, null);
insert into held_keys (key, run_id) values ('repository/main', '01a00000-0000-7000-8000-000000000002');
insert into newest_runs (operation, source, repository, state, run_id, ended_at) values ('backup', 'shop', '', 'succeeded', '01a00000-0000-7000-8000-000000000001', 1795226460000);
insert into snapshots (repository, snapshot_id, source, time, lineage, bytes, bytes_added) values ('main', 'aa', 'shop', 1795226400002, '01a00000-0000-7000-8000-000000000001', 10, 5);
insert into proofs (id, run_id, source, repository, snapshot_id, verdict, target, ended_at, recovery_ms, bytes, checks) values ('p1', null, 'shop', 'main', 'aa', 'passed', 'newest', 1795226470000, 1234, 10, '[]');
insert into findings (key, first_seen_at, last_seen_at, resolved_at, finding) values ('overdue/source/blog', 1795226400000, 1795226460000, null, '{"key":"overdue/source/blog","kind":"overdue","severity":"warning","subject":{"source":"blog"},"title":"late","detail":"","figures":{"ageMs":5},"firstSeenAt":"2026-11-21T02:00:00.000Z","lastSeenAt":"2026-11-21T02:01:00.000Z"}');
insert into samples (figure, subject, at, value) values ('rpo-ms', 'source/shop', 1795226400000, 1.5);
insert into newest_samples (figure, subject, at, value) values ('rpo-ms', 'source/shop', 1795226400000, 1.5);
insert into marks (key, value) values ('fired/backup/shop', '2026-11-21T02:00:00.000Z');
insert into snapshot_overviews (source, repository, count, oldest, newest, newest_id, newest_bytes) values ('shop', 'main', 1, 1795226400002, 1795226400002, 'aa', 10);
insert into newest_proofs (source, kind, proof_id, ended_at) values ('shop', 'any', 'p1', 1795226470000), ('shop', 'passed', 'p1', 1795226470000);
insert into users (name, role, password, subject, created_at) values ('alice', 'admin', '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', null, 1795226400000), ('bob', 'viewer', null, 'https://id.example 17', 1795226400001);
insert into sessions (secret_hash, user_name, opened_at, used_at) values ('aa', 'alice', 1795226400000, 1795226410000);
insert into tokens (name, secret_hash, owner, role, sources, created_at, expires_at, used_at) values ('ci', 'bb', 'alice', 'operator', '["shop"]', 1795226400000, 1795312800000, null);
delete from audit_head;
insert into audit_head (sequence, hash) values (2, 'ae6aa0c8724e0448b475fbda45cba440c5ee9538dc5867ff25243f28efe4fecf');
insert into audit (sequence, at, caller_kind, caller, act, subject, outcome, detail, hash) values (1, 1795226400000, 'command', 'root@web-1', 'user.add', 'user/alice', 'done', '{"role":"admin"}', '400b1900c6d9479a9bad9236c9fce86c7140b7e7a3d4173724d0b9cd57c43673'),
(2, 1795226460000, 'user', 'alice', 'run.start', 'shop', 'refused', '{}', 'ae6aa0c8724e0448b475fbda45cba440c5ee9538dc5867ff25243f28efe4fecf');
