CREATE SCHEMA holdfast;
CREATE TABLE holdfast.audit (
    sequence bigint NOT NULL,
    at bigint NOT NULL,
    caller_kind text NOT NULL,
    caller text NOT NULL,
    act text NOT NULL,
    subject text NOT NULL,
    outcome text NOT NULL,
    detail text NOT NULL,
    hash text NOT NULL
);
CREATE TABLE holdfast.audit_head (
    sequence bigint NOT NULL,
    hash text NOT NULL
);
CREATE TABLE holdfast.catalogue_version (
    version integer NOT NULL
);
CREATE TABLE holdfast.findings (
    key text NOT NULL,
    first_seen_at bigint NOT NULL,
    last_seen_at bigint NOT NULL,
    resolved_at bigint,
    finding text NOT NULL
);
CREATE TABLE holdfast.held_keys (
    key text NOT NULL,
    run_id text NOT NULL
);
CREATE TABLE holdfast.marks (
    key text NOT NULL,
    value text NOT NULL
);
CREATE TABLE holdfast.newest_proofs (
    source text NOT NULL,
    kind text NOT NULL,
    proof_id text NOT NULL,
    ended_at bigint NOT NULL
);
CREATE TABLE holdfast.newest_runs (
    operation text NOT NULL,
    source text NOT NULL,
    repository text NOT NULL,
    state text NOT NULL,
    run_id text NOT NULL,
    ended_at bigint NOT NULL
);
CREATE TABLE holdfast.newest_samples (
    figure text NOT NULL,
    subject text NOT NULL,
    at bigint NOT NULL,
    value double precision NOT NULL
);
CREATE TABLE holdfast.proofs (
    id text NOT NULL,
    run_id text,
    source text NOT NULL,
    repository text NOT NULL,
    snapshot_id text NOT NULL,
    verdict text NOT NULL,
    target text NOT NULL,
    ended_at bigint NOT NULL,
    recovery_ms bigint NOT NULL,
    bytes bigint NOT NULL,
    checks text NOT NULL
);
CREATE TABLE holdfast.runs (
    id text NOT NULL,
    operation text NOT NULL,
    source text,
    repository text,
    arguments text NOT NULL,
    cause text NOT NULL,
    unique_key text NOT NULL,
    exclusive_keys text NOT NULL,
    limit_keys text NOT NULL,
    due_at bigint NOT NULL,
    priority integer NOT NULL,
    timeout_ms bigint NOT NULL,
    attempts integer NOT NULL,
    attempt integer NOT NULL,
    state text NOT NULL,
    queued_at bigint NOT NULL,
    started_at bigint,
    ended_at bigint,
    leased_by text,
    leased_until bigint,
    cancel_requested integer NOT NULL,
    error text,
    result text
);
CREATE TABLE holdfast.samples (
    figure text NOT NULL,
    subject text NOT NULL,
    at bigint NOT NULL,
    value double precision NOT NULL
);
CREATE TABLE holdfast.sessions (
    secret_hash text NOT NULL,
    user_name text NOT NULL,
    opened_at bigint NOT NULL,
    used_at bigint NOT NULL
);
CREATE TABLE holdfast.snapshot_overviews (
    source text NOT NULL,
    repository text NOT NULL,
    count bigint NOT NULL,
    oldest bigint NOT NULL,
    newest bigint NOT NULL,
    newest_id text NOT NULL,
    newest_bytes bigint
);
CREATE TABLE holdfast.snapshots (
    repository text NOT NULL,
    snapshot_id text NOT NULL,
    source text NOT NULL,
    "time" bigint NOT NULL,
    lineage text NOT NULL,
    bytes bigint,
    bytes_added bigint
);
CREATE TABLE holdfast.tokens (
    name text NOT NULL,
    secret_hash text NOT NULL,
    owner text,
    role text NOT NULL,
    sources text,
    created_at bigint NOT NULL,
    expires_at bigint,
    used_at bigint
);
CREATE TABLE holdfast.users (
    name text NOT NULL,
    role text NOT NULL,
    password text,
    subject text,
    created_at bigint NOT NULL
);
INSERT INTO holdfast.audit_head VALUES (0, '');
INSERT INTO holdfast.catalogue_version VALUES (4);
ALTER TABLE ONLY holdfast.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (sequence);
ALTER TABLE ONLY holdfast.findings
    ADD CONSTRAINT findings_key PRIMARY KEY (key, first_seen_at);
ALTER TABLE ONLY holdfast.held_keys
    ADD CONSTRAINT held_keys_pkey PRIMARY KEY (key);
ALTER TABLE ONLY holdfast.marks
    ADD CONSTRAINT marks_pkey PRIMARY KEY (key);
ALTER TABLE ONLY holdfast.newest_proofs
    ADD CONSTRAINT newest_proofs_key PRIMARY KEY (source, kind);
ALTER TABLE ONLY holdfast.newest_runs
    ADD CONSTRAINT newest_runs_key PRIMARY KEY (operation, source, repository, state);
ALTER TABLE ONLY holdfast.newest_samples
    ADD CONSTRAINT newest_samples_key PRIMARY KEY (figure, subject);
ALTER TABLE ONLY holdfast.proofs
    ADD CONSTRAINT proofs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY holdfast.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY holdfast.runs
    ADD CONSTRAINT runs_unique_key_key UNIQUE (unique_key);
ALTER TABLE ONLY holdfast.samples
    ADD CONSTRAINT samples_key PRIMARY KEY (figure, subject, at);
ALTER TABLE ONLY holdfast.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (secret_hash);
ALTER TABLE ONLY holdfast.snapshot_overviews
    ADD CONSTRAINT snapshot_overviews_key PRIMARY KEY (source, repository);
ALTER TABLE ONLY holdfast.snapshots
    ADD CONSTRAINT snapshots_key PRIMARY KEY (repository, snapshot_id);
ALTER TABLE ONLY holdfast.tokens
    ADD CONSTRAINT tokens_pkey PRIMARY KEY (name);
ALTER TABLE ONLY holdfast.tokens
    ADD CONSTRAINT tokens_secret_hash_key UNIQUE (secret_hash);
ALTER TABLE ONLY holdfast.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (name);
ALTER TABLE ONLY holdfast.users
    ADD CONSTRAINT users_subject_key UNIQUE (subject);
CREATE INDEX findings_by_time ON holdfast.findings USING btree (last_seen_at);
CREATE INDEX findings_open ON holdfast.findings USING btree (first_seen_at) WHERE (resolved_at IS NULL);
CREATE INDEX held_keys_by_run ON holdfast.held_keys USING btree (run_id);
CREATE INDEX newest_runs_by_run ON holdfast.newest_runs USING btree (run_id);
CREATE INDEX proofs_by_recovery ON holdfast.proofs USING btree (source, verdict, recovery_ms, id, ended_at);
CREATE INDEX proofs_by_source ON holdfast.proofs USING btree (source, ended_at, id);
CREATE INDEX proofs_by_time ON holdfast.proofs USING btree (ended_at, id);
CREATE INDEX proofs_by_verdict ON holdfast.proofs USING btree (source, verdict, ended_at, id);
CREATE INDEX runs_by_repository ON holdfast.runs USING btree (repository, queued_at, id);
CREATE INDEX runs_by_source ON holdfast.runs USING btree (source, queued_at, id);
CREATE INDEX runs_by_state ON holdfast.runs USING btree (state, queued_at, id);
CREATE INDEX runs_by_time ON holdfast.runs USING btree (queued_at, id);
CREATE INDEX runs_running ON holdfast.runs USING btree (leased_until) WHERE (state = 'running'::text);
CREATE INDEX runs_waiting ON holdfast.runs USING btree (priority DESC, due_at, id) WHERE (state = 'queued'::text);
CREATE INDEX samples_by_time ON holdfast.samples USING btree (at);
CREATE INDEX sessions_by_use ON holdfast.sessions USING btree (used_at);
CREATE INDEX sessions_by_user ON holdfast.sessions USING btree (user_name);
CREATE INDEX snapshots_by_source ON holdfast.snapshots USING btree (source, repository, "time", snapshot_id);
CREATE INDEX tokens_by_owner ON holdfast.tokens USING btree (owner);
