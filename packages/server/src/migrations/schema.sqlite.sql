-- What the migrations make; written by scripts/dump-schema.ts.
-- 0000-events sha256:913611358339bc7bb6ad8a97dcf711e0d8bda70efc858ea8b2755e6c4b1e422f
-- 0001-governance sha256:b79986003a5c054ca5e89f8a1c2b212d1c0d6600fdf4d670ffe62e484019246c
-- 0002-jobs sha256:0c1b0abed138e75116227ca319bc0407d315c8d998f1b90f8c8531aeb126ced0
-- 0003-projects sha256:85997d38784df7c8ac443bedc38662509f7396231a57b86f895c7780d02bc124
-- 0004-datasets sha256:7ec33581eec155683b157b8b136f05039be42b242fd1e4f08e45d01f0dff0b61
-- 0005-tracking sha256:d639af018b60b2579daead16143f8d9a915b6dd2e793023b805d9e726fa31f19
-- 0006-feature-store sha256:250043046a20d2c9631d45cc30727b3d9d4146d88b979654b41b2d4b0e38eb75
-- 0007-training sha256:6e44151a883c9e0db1cda59c8aa92c30c6db95d99d5d8373b1789c1100197aa0
-- 0008-evaluation sha256:e6353be3495f17263e102506bc434dcf6f582a11954a4aac0224b69695adce1c
-- 0009-tuning sha256:07f53954776b832f202b2c6200a9e7d52d4ccc525f5bed61b5f21c434d6075f3
-- 0010-pipelines sha256:0073399e955b9a8c8d3ce2eaf6396a4a5b7eb3e26c235c52d058efeddf6321d9
-- 0011-registry sha256:be249d2a1c01d9d78b6f59d08204176943faca3dd7854028a4b6f94507f64efe
-- 0012-serving sha256:db6769a56300923d8714ba9eba260d4c7f557c17540dc5764a46536f229f8f13
-- 0013-monitoring sha256:6d9b70a134cbd8a18e484f0d9261fc750485b0662447a59dbc6b9207bb4747a9
-- 0014-governance-changes sha256:1eb049970ef12f328f59e919f071bd2715b06999bf9e2d3c68ffd0f3eb11491a
-- 0015-leases sha256:cf62bd73bd66c72bade1fc6c5d5bcfe66335e077f53e3c3dcd3d47014951ea38
-- 0016-commit-epochs sha256:9ca46e72943ffa8d5d16514e7a0456fc7c9fdb239cfd4d5536d6d6103a68aee4
-- 0017-limits sha256:b4689d762c96262684ff50be3d209ede305d44c84bf8602444572bb9ba42acc6
-- 0018-retention sha256:d8b5f8d0adc8cf4a75e6698b3159c06d53030784b910812cfb00488645abcc5c
-- 0020-job-traces sha256:335dec166a9e1da4589612d5f8dcd40e3c403af001d7620d940ebbad7862f8e2
-- 0021-metric-journal sha256:6727152615ca26370bcf0d9613482ead7162f137e3021bf4306820413f3ba5c8
-- 0022-replica-addresses sha256:aa7316927e8da551ca31aa7487042690a6cba71cadf187cf046d7b47b0dc1cc8
-- 0024-tracking-numbers sha256:2163d95c0c959e966d1564340398051885d603f43125377e919645b144aa1e2a
-- 0025-artifacts sha256:06e8658a3131ef7d1970a64d547bb4a2f2787e609b08191100ca1dd56ade90b5
-- 0026-registry-labels sha256:fc68ac50fdba8127775745108abb369ae0242f0579e9e94ea21d099b560f577b
-- 0027-webhooks sha256:cc0c8b87b5edaf24180d66e7efc769b54fc854eb326c3078e6bdc48f968aeca1
-- 0028-traces sha256:dea1e58e5e918ab63fd7501215716efe6c182821b95e108a513f8e523c9115d3
-- 0029-evaluation-datasets sha256:e0ab7998ed2a39dddd46a7905d470a615f0a7219ecdc5c954faed1149e1ceb73
-- 0030-metric-order sha256:276532d33ffa86cc173d99dbc99be73d9d69a7498daac23535d06a8a8d6ee340
-- 0031-run-texts sha256:21e0b07b0eecad4e9be641429c425153a4138020252123cc13cb6df105779d49
-- 0034-early-trace-links sha256:55e557942cf2431b59154516e6292303521d6154da6360ac1f2e2a142b9ad0e8
-- 0035-run-comments sha256:8ced98fbbca50870bce40f55114e42d69a68bde5a70c11af111c40d51b415d7f
-- 0036-saved-views sha256:24da6b76cac26a53bcd66fd7c6ba1986bcae86db2442c3e459401e12988503b9
-- 0037-issues sha256:c3f92e698a7439e32d4a6b07698cffeba4e159908a328de173efa38a86021040
-- 0038-deployments sha256:9d10811f09f7e80672f3cd345cfc2b638bc23a61a9202da0e3b159ffb738a1fc
-- 0039-endpoint-callers sha256:c5ed903e09d61fd640540810c3118623a5975774f23f9221f483cc817e083c7f
-- 0040-allowed-pickles sha256:d5fb4c199a8715ff31c1dc3e71016a444a1deb8324eebc040801de5e2932c299
-- 0041-journal-series sha256:6b949a73a5c92cca26c0866c33e10b1ecf2dee0a5286fd8c2793a5f9d801d770
-- 0042-experiment-states sha256:fa8422fbb3bebc34e35314236c2f250963113dea31395f967980f73ecbf8bdd7
-- 0043-key-permissions sha256:d6c226b77aabdb8a62e8a4d59d1e276ad61fb60147e5e40e4c0990eb31155d44
-- 0044-model-secrets sha256:872907698f35f7e03357fd4ed50fa84e3d10ab0b2a41a79342beca23b8d37b5b
-- 0046-run-revisions sha256:292f7435f8096fa72f20126ff7aee1a05e67b036803571f441134acde32223a2
-- 0047-changes-of-runs sha256:ca14904955c94808f26bdcb4d156bfc66a25e3b639fa63079f1d3654aa2e479e

create table "alert_routes" (
  "workspace" text not null,
  "name" text not null,
  "kind" text not null,
  "acknowledged_test_at" bigint,
  "created_by" text not null,
  "created_at" bigint not null,
  primary key ("workspace", "name")
);

create table "alert_transitions" (
  "workspace" text not null,
  "id" text not null,
  "alert_id" text not null,
  "monitor_id" text not null,
  "signal" text not null,
  "from_state" text not null,
  "to_state" text not null,
  "at" bigint not null,
  "actor" text not null,
  "window_start" bigint,
  "reason" text not null,
  primary key ("workspace", "id")
);
create index "alert_transitions_workspace_alert_id" on "alert_transitions" ("workspace", "alert_id");
create index "alert_transitions_workspace_monitor_id" on "alert_transitions" ("workspace", "monitor_id");

create table "alerts" (
  "workspace" text not null,
  "id" text not null,
  "monitor_id" text not null,
  "monitor" text not null,
  "endpoint" text not null,
  "signal" text not null,
  "state" text not null,
  "causes" text not null,
  "summary" text not null,
  "window_start" bigint not null,
  "window_end" bigint not null,
  "opened_at" bigint not null,
  "fired_at" bigint,
  "acknowledged_at" bigint,
  "acknowledged_by" text,
  "acknowledgement" text,
  "resolved_at" bigint,
  primary key ("workspace", "id")
);
create index "alerts_workspace_endpoint" on "alerts" ("workspace", "endpoint");

create table "allowed_pickles" (
  "workspace" text not null,
  "digest" text not null,
  "reason" text not null,
  "allowed_by" text not null,
  "allowed_at" bigint not null,
  primary key ("workspace", "digest")
);

create table "api_tokens" (
  "id" text not null,
  "workspace" text not null,
  "principal_id" text not null,
  "name" text not null,
  "public_id" text not null,
  "secret_hash" text not null,
  "suffix" text not null,
  "roles" text,
  "created_at" bigint not null,
  "expires_at" bigint,
  "revoked_at" bigint,
  "last_used_at" bigint,
  primary key ("id")
);
create index "api_tokens_principal" on "api_tokens" ("workspace", "principal_id", "id");
create unique index "api_tokens_public_id" on "api_tokens" ("public_id");

create table "artifact_upload_parts" (
  "upload_id" text not null,
  "number" integer not null,
  "digest" text not null,
  "size" bigint not null,
  primary key ("upload_id", "number")
);

create table "artifact_uploads" (
  "id" text not null,
  "workspace" text not null,
  "owner_kind" text not null,
  "owner_id" text not null,
  "path" text not null,
  "parts" integer not null,
  "created_at" bigint not null,
  "completed_at" bigint,
  primary key ("id")
);
create index "artifact_uploads_created_at" on "artifact_uploads" ("created_at", "id");

create table "artifacts" (
  "workspace" text not null,
  "owner_kind" text not null,
  "owner_id" text not null,
  "path" text not null,
  "digest" text not null,
  "size" bigint not null,
  "created_at" bigint not null,
  primary key ("workspace", "owner_kind", "owner_id", "path")
);

create table "audit_entries" (
  "id" text not null,
  "workspace" text not null,
  "at" bigint not null,
  "action" text not null,
  "actor_id" text not null,
  "subject_kind" text not null,
  "subject_id" text not null,
  "entry" text not null,
  "leaf_index" bigint,
  primary key ("id")
);
create unique index "audit_entries_leaf_index" on "audit_entries" ("leaf_index");
create index "audit_entries_subject" on "audit_entries" ("workspace", "subject_kind", "subject_id", "id");
create index "audit_entries_workspace" on "audit_entries" ("workspace", "id");

create table "audit_heads" (
  "size" bigint not null,
  "root_hash" text not null,
  "checkpoint" text not null,
  primary key ("size")
);

create table "audit_tiles" (
  "level" integer not null,
  "position" bigint not null,
  "hashes" text not null,
  primary key ("level", "position")
);

create table "change_approvals" (
  "change_id" text not null,
  "workspace" text not null,
  "digest" text not null,
  "approver" text not null,
  "people" text not null,
  "decision" text not null,
  "comment" text not null,
  "at" bigint not null,
  primary key ("change_id", "digest", "approver")
);

create table "change_history" (
  "id" text not null,
  "change_id" text not null,
  "workspace" text not null,
  "position" integer not null,
  "from_state" text,
  "to_state" text not null,
  "actor" text not null,
  "at" bigint not null,
  primary key ("id")
);
create unique index "change_history_change_position" on "change_history" ("change_id", "position");

create table "change_steps" (
  "change_id" text not null,
  "workspace" text not null,
  "name" text not null,
  "state" text not null,
  "result" text not null,
  "error" text,
  "attempts" integer not null,
  "started_at" bigint,
  "finished_at" bigint,
  primary key ("change_id", "name")
);

create table "changes" (
  "id" text not null,
  "workspace" text not null,
  "kind" text not null,
  "subject" text not null,
  "state" text not null,
  "digest" text not null,
  "plan" text not null,
  "authors" text not null,
  "target" text,
  "requester" text not null,
  "requested_at" bigint not null,
  "updated_at" bigint not null,
  "expires_at" bigint not null,
  "job_id" text,
  "cancel_requested" integer not null,
  "verification" text not null,
  "roll_back" text not null,
  "reason" text not null,
  primary key ("id")
);
create index "changes_workspace_id" on "changes" ("workspace", "id");
create index "changes_workspace_target_state" on "changes" ("workspace", "target", "state");

create table "commit_epochs" (
  "base" bigint not null,
  primary key ("base")
);

create table "cost_allowances" (
  "change_id" text not null,
  "workspace" text not null,
  "project" text not null,
  "day" text not null,
  "amount" double precision not null,
  "at" bigint not null,
  primary key ("change_id")
);
create index "cost_allowances_workspace_project_day" on "cost_allowances" ("workspace", "project", "day");

create table "cost_records" (
  "id" text not null,
  "workspace" text not null,
  "kind" text not null,
  "project" text,
  "subject_kind" text not null,
  "subject_id" text not null,
  "cpu_seconds" double precision not null,
  "bytes" bigint not null,
  "amount" double precision not null,
  "day" text not null,
  "actor" text not null,
  "at" bigint not null,
  primary key ("id")
);
create index "cost_records_workspace_at" on "cost_records" ("workspace", "at", "id");

create table "data_planes" (
  "workspace" text not null,
  "source" text not null,
  "status" text not null,
  "seen_at" bigint not null,
  primary key ("workspace", "source")
);

create table "dataset_contracts" (
  "id" text not null,
  "workspace" text not null,
  "dataset_id" text not null,
  "version" integer not null,
  "digest" text not null,
  "document" text not null,
  "created_at" bigint not null,
  "created_by" text not null,
  primary key ("id")
);
create unique index "dataset_contracts_dataset_id_version" on "dataset_contracts" ("dataset_id", "version");

create table "dataset_splits" (
  "id" text not null,
  "workspace" text not null,
  "version_id" text not null,
  "recipe_digest" text not null,
  "digest" text not null,
  "record" text not null,
  "created_at" bigint not null,
  "created_by" text not null,
  primary key ("id")
);
create unique index "dataset_splits_version_id_recipe_digest" on "dataset_splits" ("version_id", "recipe_digest");

create table "dataset_version_sources" (
  "workspace" text not null,
  "version_id" text not null,
  "kind" text not null,
  "source_id" text not null,
  primary key ("version_id", "kind", "source_id")
);

create table "dataset_versions" (
  "id" text not null,
  "workspace" text not null,
  "dataset_id" text not null,
  "number" integer not null,
  "digest" text not null,
  "rows_digest" text not null,
  "identity" text not null,
  "row_count" bigint not null,
  "size" bigint not null,
  "origin" text not null,
  "description" text not null,
  "attributes" text not null,
  "columns" text not null,
  "profile" text not null,
  "created_at" bigint not null,
  "created_by" text not null,
  primary key ("id")
);
create unique index "dataset_versions_dataset_id_identity" on "dataset_versions" ("dataset_id", "identity");
create unique index "dataset_versions_dataset_id_number" on "dataset_versions" ("dataset_id", "number");

create table "datasets" (
  "id" text not null,
  "workspace" text not null,
  "name" text not null,
  "project" text,
  "description" text not null,
  "contract_version" integer,
  "created_at" bigint not null,
  "created_by" text not null,
  primary key ("id")
);
create unique index "datasets_workspace_name" on "datasets" ("workspace", "name");

create table "early_trace_links" (
  "workspace" text not null,
  "trace_id" text not null,
  "run_id" text not null,
  primary key ("run_id", "trace_id", "workspace")
);
create index "early_trace_links_trace" on "early_trace_links" ("workspace", "trace_id");

create table "endpoint_callers" (
  "workspace" text not null,
  "endpoint" text not null,
  "day" text not null,
  "caller" text not null,
  primary key ("workspace", "endpoint", "day", "caller")
);

create table "endpoint_revisions" (
  "workspace" text not null,
  "endpoint" text not null,
  "revision" integer not null,
  "desired" text not null,
  "reason" text not null,
  "change_id" text,
  "actor" text not null,
  "created_at" bigint not null,
  primary key ("workspace", "endpoint", "revision")
);

create table "endpoints" (
  "workspace" text not null,
  "name" text not null,
  "project" text not null,
  "stage" text not null,
  "model" text not null,
  "twin_of" text,
  "revision" integer not null,
  "created_by" text not null,
  "created_at" bigint not null,
  "updated_at" bigint not null,
  primary key ("workspace", "name")
);

create table "evaluation_dataset_experiments" (
  "dataset_id" text not null,
  "workspace" text not null,
  "experiment" bigint not null,
  primary key ("dataset_id", "experiment")
);
create index "evaluation_dataset_experiments_experiment" on "evaluation_dataset_experiments" ("workspace", "experiment");

create table "evaluation_dataset_records" (
  "id" text not null,
  "dataset_id" text not null,
  "position" bigint not null,
  "inputs_hash" text not null,
  "inputs" text not null,
  "outputs" text,
  "expectations" text,
  "tags" text not null,
  "source" text,
  "user_name" text,
  "updated_user_name" text,
  "created_at" bigint not null,
  "updated_at" bigint not null,
  primary key ("id")
);
create unique index "evaluation_dataset_records_inputs_hash" on "evaluation_dataset_records" ("dataset_id", "inputs_hash");
create index "evaluation_dataset_records_position" on "evaluation_dataset_records" ("dataset_id", "position");

create table "evaluation_dataset_tags" (
  "dataset_id" text not null,
  "name" text not null,
  "value" text not null,
  primary key ("dataset_id", "name")
);

create table "evaluation_datasets" (
  "id" text not null,
  "workspace" text not null,
  "name" text not null,
  "fields" text,
  "records" bigint not null,
  "last_position" bigint not null,
  "created_by" text not null,
  "user_name" text,
  "updated_user_name" text,
  "created_at" bigint not null,
  "updated_at" bigint not null,
  "changed_at" bigint not null,
  primary key ("id")
);
create index "evaluation_datasets_created_at" on "evaluation_datasets" ("workspace", "created_at", "id");

create table "evaluations" (
  "workspace" text not null,
  "id" text not null,
  "project" text not null,
  "trained_model_id" text not null,
  "split_id" text not null,
  "report" text not null,
  "created_at" bigint not null,
  primary key ("workspace", "id")
);
create index "evaluations_workspace_project" on "evaluations" ("workspace", "project", "id");

create table "event_deliveries" (
  "subscriber" text not null,
  "position" bigint not null,
  primary key ("subscriber")
);

create table "events" (
  "id" text not null,
  "position" bigint not null,
  "workspace" text not null,
  "type" text not null,
  "at" bigint not null,
  "actor" text not null,
  "payload" text not null,
  primary key ("id")
);
create unique index "events_position" on "events" ("position");
create index "events_type_position" on "events" ("type", "position");
create index "events_workspace_position" on "events" ("workspace", "position");

create table "experiment_numbers" (
  "workspace" text not null,
  "last" bigint not null,
  "revision" text not null,
  primary key ("workspace")
);

create table "experiment_tags" (
  "experiment_id" text not null,
  "name" text not null,
  "value" text not null,
  primary key ("experiment_id", "name")
);

create table "experiments" (
  "id" text not null,
  "workspace" text not null,
  "name" text not null,
  "project" text,
  "note" text not null,
  "created_by" text not null,
  "created_at" bigint not null,
  "updated_at" bigint not null,
  "deleted_at" bigint,
  "number" bigint not null,
  "artifact_location" text not null,
  primary key ("id")
);
create index "experiments_workspace_artifact_location" on "experiments" ("workspace", "artifact_location");
create unique index "experiments_workspace_name" on "experiments" ("workspace", "name");
create unique index "experiments_workspace_number" on "experiments" ("workspace", "number");

create table "feature_definitions" (
  "workspace" text not null,
  "kind" text not null,
  "name" text not null,
  "version" integer not null,
  "digest" text not null,
  "body" text not null,
  "created_at" bigint not null,
  primary key ("workspace", "kind", "name", "version")
);

create table "garbage_collections" (
  "id" text not null,
  "workspace" text not null,
  "dry_run" integer not null,
  "state" text not null,
  "started_by" text not null,
  "started_at" bigint not null,
  "finished_at" bigint,
  "report" text not null,
  primary key ("id")
);
create index "garbage_collections_workspace" on "garbage_collections" ("workspace", "id");

create table "inference_key_endpoints" (
  "workspace" text not null,
  "endpoint" text not null,
  "key_id" text not null,
  primary key ("workspace", "endpoint", "key_id")
);
create index "inference_key_endpoints_of_key" on "inference_key_endpoints" ("workspace", "key_id");

create table "inference_keys" (
  "workspace" text not null,
  "id" text not null,
  "endpoint" text not null,
  "name" text not null,
  "hash" text not null,
  "requests_per_second" double precision not null,
  "burst" integer not null,
  "expires_at" bigint,
  "revoked_at" bigint,
  "created_by" text not null,
  "created_at" bigint not null,
  "quota_per_day" bigint,
  "last_used_at" bigint,
  "replaces_id" text,
  "permissions" text,
  primary key ("workspace", "id")
);
create index "inference_keys_workspace_endpoint" on "inference_keys" ("workspace", "endpoint");

create table "issues" (
  "id" text not null,
  "workspace" text not null,
  "experiment_id" text not null,
  "name" text not null,
  "description" text not null,
  "status" text not null,
  "severity" text,
  "root_causes" text not null,
  "categories" text not null,
  "source_run_id" text,
  "user_name" text,
  "created_at" bigint not null,
  "updated_at" bigint not null,
  primary key ("id")
);
create index "issues_experiment" on "issues" ("workspace", "experiment_id", "created_at");

create table "jobs" (
  "id" text not null,
  "workspace" text not null,
  "kind" text not null,
  "state" text not null,
  "payload" text not null,
  "result" text,
  "error" text,
  "progress_share" double precision,
  "progress_message" text,
  "attempt" integer not null,
  "max_attempts" integer not null,
  "lost_leases" integer not null,
  "dedupe_key" text,
  "actor_id" text not null,
  "request_id" text not null,
  "created_at" bigint not null,
  "run_at" bigint not null,
  "started_at" bigint,
  "finished_at" bigint,
  "cancel_requested" integer not null,
  "lease_owner" text,
  "lease_expires_at" bigint,
  "traceparent" text,
  primary key ("id")
);
create index "jobs_finished_at" on "jobs" ("finished_at");
create index "jobs_state_kind_run_at" on "jobs" ("state", "kind", "run_at", "id");
create unique index "jobs_workspace_dedupe_key" on "jobs" ("workspace", "dedupe_key");
create index "jobs_workspace_id" on "jobs" ("workspace", "id");

create table "label_batches" (
  "workspace" text not null,
  "id" text not null,
  "endpoint" text not null,
  "received_at" bigint not null,
  "stored" integer not null,
  "corrected" integer not null,
  primary key ("workspace", "id")
);
create index "label_batches_workspace_endpoint_received_at" on "label_batches" ("workspace", "endpoint", "received_at");

create table "label_parts" (
  "workspace" text not null,
  "id" text not null,
  "endpoint" text not null,
  "digest" text not null,
  "rows" bigint not null,
  "unknown" bigint not null,
  "time_min" bigint,
  "time_max" bigint,
  "created_at" bigint not null,
  "retired_at" bigint,
  primary key ("workspace", "id")
);
create index "label_parts_workspace_endpoint" on "label_parts" ("workspace", "endpoint");

create table "landed_files" (
  "id" text not null,
  "workspace" text not null,
  "dataset_id" text not null,
  "file_name" text not null,
  "format" text not null,
  "digest" text not null,
  "size" bigint not null,
  "row_count" bigint not null,
  "columns" text not null,
  "csv" text,
  "landed_at" bigint not null,
  "landed_by" text not null,
  primary key ("id")
);
create unique index "landed_files_dataset_id_digest" on "landed_files" ("dataset_id", "digest");

create table "leases" (
  "name" text not null,
  "owner" text not null,
  "expires_at" bigint not null,
  "fence" bigint not null,
  primary key ("name")
);

create table "legal_hold_subjects" (
  "hold_id" text not null,
  "workspace" text not null,
  "kind" text not null,
  "subject_id" text not null,
  primary key ("hold_id", "kind", "subject_id")
);
create index "legal_hold_subjects_subject" on "legal_hold_subjects" ("workspace", "subject_id", "kind");

create table "legal_holds" (
  "id" text not null,
  "workspace" text not null,
  "reason" text not null,
  "placed_by" text not null,
  "placed_at" bigint not null,
  "released_by" text,
  "released_at" bigint,
  "release_reason" text not null,
  primary key ("id")
);
create index "legal_holds_workspace" on "legal_holds" ("workspace", "id");

create table "limit_buckets" (
  "name" text not null,
  "state" text not null,
  "forget_at" bigint not null,
  primary key ("name")
);
create index "limit_buckets_forget_at" on "limit_buckets" ("forget_at");

create table "limit_holders" (
  "scope" text not null,
  "holder" text not null,
  "seen_at" bigint not null,
  primary key ("scope", "holder")
);

create table "lineage_edges" (
  "workspace" text not null,
  "from_kind" text not null,
  "from_id" text not null,
  "to_kind" text not null,
  "to_id" text not null,
  "relation" text not null,
  "from_digest" text,
  "to_digest" text,
  "actor" text not null,
  "at" bigint not null
);
create unique index "lineage_edges_workspace_from_to_relation" on "lineage_edges" ("workspace", "from_id", "from_kind", "to_id", "to_kind", "relation");
create index "lineage_edges_workspace_to" on "lineage_edges" ("workspace", "to_id");

create table "logged_datasets" (
  "id" text not null,
  "workspace" text not null,
  "experiment_id" text not null,
  "name" text not null,
  "digest" text not null,
  "source_type" text not null,
  "source" text not null,
  "schema" text,
  "profile" text,
  primary key ("id")
);
create unique index "logged_datasets_experiment_id_name_digest" on "logged_datasets" ("experiment_id", "name", "digest");

create table "logged_model_params" (
  "model_id" text not null,
  "name" text not null,
  "value" text not null,
  primary key ("model_id", "name")
);

create table "logged_model_tags" (
  "model_id" text not null,
  "name" text not null,
  "value" text not null,
  primary key ("model_id", "name")
);

create table "logged_models" (
  "id" text not null,
  "workspace" text not null,
  "experiment_id" text not null,
  "name" text not null,
  "model_type" text not null,
  "source_run_id" text,
  "status" text not null,
  "created_by" text not null,
  "created_at" bigint not null,
  "updated_at" bigint not null,
  "deleted_at" bigint,
  primary key ("id")
);
create index "logged_models_experiment" on "logged_models" ("experiment_id", "created_at", "id");
create index "logged_models_source_run" on "logged_models" ("source_run_id");

create table "materializations" (
  "workspace" text not null,
  "view_name" text not null,
  "view_version" integer not null,
  "at" bigint not null,
  "row_count" integer not null,
  "source_version_id" text not null,
  "written_at" bigint not null,
  primary key ("workspace", "view_name")
);

create table "metric_batches" (
  "id" text not null,
  "writer" text not null,
  "written_at" bigint not null,
  "size" integer not null,
  "points" text not null,
  "first_series" bigint not null,
  "last_series" bigint not null,
  primary key ("id")
);

create table "metric_points" (
  "series_id" bigint not null,
  "step" bigint not null,
  "at" bigint not null,
  "value" double precision not null,
  "is_nan" integer not null
);
create unique index "metric_points_series_id_step" on "metric_points" ("series_id", "step", "at", "value", "is_nan");

create table "metric_series" (
  "id" bigint not null,
  "run_id" text not null,
  "name" text not null,
  "step" bigint not null,
  "at" bigint not null,
  "value" double precision not null,
  "is_nan" integer not null,
  "experiment_id" text not null,
  primary key ("id")
);
create index "metric_series_order" on "metric_series" ("experiment_id", "name", "is_nan", "value", "run_id");
create unique index "metric_series_run_id_name" on "metric_series" ("run_id", "name");

create table "migrations" (
  "name" text not null,
  "applied_at" bigint not null,
  "digest" text,
  primary key ("name")
);

create table "model_aliases" (
  "workspace" text not null,
  "model" text not null,
  "alias" text not null,
  "version" integer not null,
  "updated_at" bigint not null,
  primary key ("workspace", "model", "alias")
);

create table "model_metrics" (
  "model_id" text not null,
  "name" text not null,
  "run_id" text not null,
  "dataset_name" text not null,
  "dataset_digest" text not null,
  "step" bigint not null,
  "at" bigint not null,
  "value" double precision not null,
  "is_nan" integer not null,
  primary key ("model_id", "name", "run_id", "dataset_name", "dataset_digest", "step", "at", "value", "is_nan")
);
create index "model_metrics_run_id" on "model_metrics" ("run_id");

create table "model_secrets" (
  "workspace" text not null,
  "name" text not null,
  "origin" text not null,
  "sealed" text not null,
  "key_id" text not null,
  "created_by" text not null,
  "created_at" bigint not null,
  primary key ("workspace", "name")
);

create table "model_version_tags" (
  "workspace" text not null,
  "model" text not null,
  "version" integer not null,
  "name" text not null,
  "value" text not null,
  primary key ("workspace", "model", "version", "name")
);

create table "model_versions" (
  "workspace" text not null,
  "id" text not null,
  "model" text not null,
  "version" integer not null,
  "digest" text not null,
  "trained_model_id" text not null,
  "evaluation_id" text not null,
  "document" text not null,
  "created_at" bigint not null,
  "checked" integer not null,
  "stage" text not null,
  "source" text not null,
  "location" text not null,
  "run_link" text not null,
  "description" text not null,
  "run_id" text,
  "logged_model_id" text,
  "updated_at" bigint not null,
  "deleted_at" bigint,
  primary key ("workspace", "id")
);
create unique index "model_versions_checked" on "model_versions" ("workspace", "model", "trained_model_id", "evaluation_id") where "trained_model_id" <> '' and deleted_at is null;
create index "model_versions_digest" on "model_versions" ("digest");
create index "model_versions_logged_model" on "model_versions" ("workspace", "logged_model_id");
create index "model_versions_run" on "model_versions" ("workspace", "run_id");
create index "model_versions_updated" on "model_versions" ("workspace", "updated_at", "model", "version");
create unique index "model_versions_workspace_model_version" on "model_versions" ("workspace", "model", "version");

create table "monitor_references" (
  "workspace" text not null,
  "monitor_id" text not null,
  "cache_key" text not null,
  "digest" text not null,
  "rows" bigint not null,
  "columns" integer not null,
  "chunks" integer not null,
  "model_version_id" text,
  "created_at" bigint not null,
  primary key ("workspace", "monitor_id", "cache_key")
);

create table "monitor_signals" (
  "workspace" text not null,
  "monitor_id" text not null,
  "signal" text not null,
  "state" text not null,
  "alert_id" text,
  primary key ("workspace", "monitor_id", "signal")
);

create table "monitor_windows" (
  "workspace" text not null,
  "monitor_id" text not null,
  "start_at" bigint not null,
  "end_at" bigint not null,
  "rows" bigint not null,
  "labelled_rows" bigint not null,
  "revision" integer not null,
  "inputs_digest" text not null,
  "result" text not null,
  "evaluated_at" bigint not null,
  primary key ("workspace", "monitor_id", "start_at")
);

create table "monitors" (
  "workspace" text not null,
  "id" text not null,
  "name" text not null,
  "endpoint" text not null,
  "settings" text not null,
  "revision" integer not null,
  "watermark" bigint,
  "evaluated_at" bigint,
  "problem" text,
  "created_by" text not null,
  "created_at" bigint not null,
  "updated_at" bigint not null,
  primary key ("workspace", "name")
);
create index "monitors_workspace_endpoint" on "monitors" ("workspace", "endpoint");

create table "notifications" (
  "workspace" text not null,
  "id" text not null,
  "route" text not null,
  "kind" text not null,
  "alert_id" text,
  "title" text not null,
  "text" text not null,
  "state" text not null,
  "suppressed_because" text,
  "at" bigint not null,
  "acknowledged_at" bigint,
  "acknowledged_by" text,
  primary key ("workspace", "id")
);
create index "notifications_workspace_alert_id" on "notifications" ("workspace", "alert_id");

create table "online_features" (
  "workspace" text not null,
  "view_name" text not null,
  "entity_key" text not null,
  "feature_values" text not null,
  primary key ("workspace", "view_name", "entity_key")
);

create table "pipeline_run_steps" (
  "pipeline_run_id" text not null,
  "step" text not null,
  "workspace" text not null,
  "pipeline" text not null,
  "position" integer not null,
  "status" text not null,
  "reason" text,
  "error" text,
  "waiting" integer not null,
  "inputs" text,
  "outputs" text not null,
  "attempt" integer not null,
  "failures" integer not null,
  "job_id" text,
  "cache_key" text,
  "cache_parts" text,
  "cache_verdict" text,
  "cached_from_run" text,
  "cached_from_step" text,
  "tracking_run_id" text,
  "cpu_seconds" double precision not null,
  "ready_at" bigint,
  "started_at" bigint,
  "finished_at" bigint,
  primary key ("pipeline_run_id", "step")
);
create index "pipeline_run_steps_job_id" on "pipeline_run_steps" ("job_id");
create index "pipeline_run_steps_pipeline_run_id_status" on "pipeline_run_steps" ("pipeline_run_id", "status", "waiting");
create index "pipeline_run_steps_workspace_pipeline_step" on "pipeline_run_steps" ("workspace", "pipeline", "step", "finished_at");

create table "pipeline_runs" (
  "id" text not null,
  "workspace" text not null,
  "pipeline" text not null,
  "project" text not null,
  "spec_version" integer not null,
  "spec_digest" text not null,
  "trigger" text not null,
  "parameters" text not null,
  "refresh" integer not null,
  "status" text not null,
  "reason" text,
  "cancel_requested" integer not null,
  "resumes" integer not null,
  "unfinished" integer not null,
  "tracking_run_id" text not null,
  "created_by" text not null,
  "created_at" bigint not null,
  "started_at" bigint,
  "finished_at" bigint,
  primary key ("id")
);
create index "pipeline_runs_workspace_created_at" on "pipeline_runs" ("workspace", "created_at", "id");
create index "pipeline_runs_workspace_pipeline_created_at" on "pipeline_runs" ("workspace", "pipeline", "created_at", "id");

create table "pipeline_specs" (
  "workspace" text not null,
  "pipeline" text not null,
  "version" integer not null,
  "digest" text not null,
  "text" text not null,
  "created_by" text not null,
  "created_at" bigint not null,
  primary key ("workspace", "pipeline", "version")
);
create unique index "pipeline_specs_workspace_pipeline_digest" on "pipeline_specs" ("workspace", "pipeline", "digest");

create table "pipelines" (
  "workspace" text not null,
  "name" text not null,
  "project" text not null,
  "version" integer not null,
  "created_at" bigint not null,
  "updated_at" bigint not null,
  primary key ("workspace", "name")
);

create table "policy_overlays" (
  "workspace" text not null,
  "version" integer not null,
  "document" text not null,
  "actor" text not null,
  "at" bigint not null,
  primary key ("workspace", "version")
);

create table "prediction_counts" (
  "workspace" text not null,
  "endpoint" text not null,
  "source" text not null,
  "boot" text not null,
  "rows" bigint not null,
  "highest" bigint not null,
  "answered" bigint not null,
  "first_at" bigint not null,
  primary key ("workspace", "endpoint", "source", "boot")
);

create table "prediction_parts" (
  "workspace" text not null,
  "id" text not null,
  "endpoint" text not null,
  "hour" bigint not null,
  "digest" text not null,
  "rows" bigint not null,
  "bytes" bigint not null,
  "time_min" bigint not null,
  "time_max" bigint not null,
  "created_at" bigint not null,
  "retired_at" bigint,
  primary key ("workspace", "id")
);
create index "prediction_parts_workspace_endpoint_hour" on "prediction_parts" ("workspace", "endpoint", "retired_at", "hour");

create table "prediction_sources" (
  "workspace" text not null,
  "source" text not null,
  "acknowledged" bigint not null,
  primary key ("workspace", "source")
);

create table "prediction_traffic" (
  "workspace" text not null,
  "endpoint" text not null,
  "minute" bigint not null,
  "arm" text not null,
  "predictor" text not null,
  "status" text not null,
  "rows" bigint not null,
  "latency" text not null,
  primary key ("workspace", "endpoint", "minute", "arm", "predictor", "status")
);

create table "principals" (
  "id" text not null,
  "workspace" text not null,
  "kind" text not null,
  "name" text not null,
  "roles" text not null,
  "created_at" bigint not null,
  "disabled_at" bigint,
  "last_sign_in_at" bigint,
  primary key ("id")
);
create unique index "principals_workspace_name" on "principals" ("workspace", "name");

create table "project_revisions" (
  "workspace" text not null,
  "project" text not null,
  "revision" integer not null,
  "record" text not null,
  "actor" text not null,
  "at" bigint not null,
  primary key ("workspace", "project", "revision")
);

create table "project_stages" (
  "workspace" text not null,
  "project" text not null,
  "stage" text not null,
  "first_at" bigint not null,
  "last_at" bigint not null,
  "times" integer not null,
  "node_kind" text not null,
  "node_id" text not null,
  primary key ("workspace", "project", "stage")
);

create table "projects" (
  "id" text not null,
  "workspace" text not null,
  "name" text not null,
  "revision" integer not null,
  "record" text not null,
  "created_at" bigint not null,
  "updated_at" bigint not null,
  primary key ("id")
);
create unique index "projects_workspace_name" on "projects" ("workspace", "name");

create table "protected_labels" (
  "workspace" text not null,
  "patterns" text not null,
  "updated_by" text not null,
  "updated_at" bigint not null,
  primary key ("workspace")
);

create table "registered_model_tags" (
  "workspace" text not null,
  "model" text not null,
  "name" text not null,
  "value" text not null,
  primary key ("workspace", "model", "name")
);

create table "registered_models" (
  "workspace" text not null,
  "name" text not null,
  "project" text not null,
  "description" text not null,
  "created_by" text not null,
  "created_at" bigint not null,
  "kind" text not null,
  "updated_at" bigint not null,
  "last_version" bigint not null,
  primary key ("workspace", "name")
);

create table "removed_things" (
  "id" text not null,
  "workspace" text not null,
  "kind" text not null,
  "retention_kind" text not null,
  "days" integer not null,
  "removed_at" bigint not null,
  primary key ("id")
);

create table "replicas" (
  "id" text not null,
  "host" text not null,
  "version" text not null,
  "started_at" bigint not null,
  "last_seen_at" bigint not null,
  "clock_offset" bigint not null,
  "url" text,
  "inner_url" text,
  primary key ("id")
);

create table "retention_marks" (
  "name" text not null,
  "at" bigint not null,
  primary key ("name")
);

create table "retention_policies" (
  "workspace" text not null,
  "kind" text not null,
  "project" text not null,
  "days" integer,
  "updated_by" text not null,
  "updated_at" bigint not null,
  primary key ("workspace", "kind", "project")
);

create table "retraining_policies" (
  "workspace" text not null,
  "id" text not null,
  "name" text not null,
  "endpoint" text not null,
  "settings" text not null,
  "owner_id" text not null,
  "owner_name" text not null,
  "created_at" bigint not null,
  "updated_at" bigint not null,
  primary key ("workspace", "name")
);

create table "retraining_runs" (
  "workspace" text not null,
  "id" text not null,
  "policy" text not null,
  "endpoint" text not null,
  "pipeline" text not null,
  "trigger" text not null,
  "cause" text,
  "monitor_id" text,
  "alert_id" text,
  "window_start" bigint,
  "window_end" bigint,
  "decision" text,
  "reason" text not null,
  "parameters" text not null,
  "pipeline_run_id" text,
  "evaluation_id" text,
  "model_version_id" text,
  "comparison" text,
  "change_id" text,
  "created_by" text not null,
  "created_at" bigint not null,
  "finished_at" bigint,
  primary key ("workspace", "id")
);
create index "retraining_runs_workspace_policy_cause" on "retraining_runs" ("workspace", "policy", "cause");

create table "rollouts" (
  "workspace" text not null,
  "change_id" text not null,
  "endpoint" text not null,
  "model_version_id" text not null,
  "document" text not null,
  "updated_at" bigint not null,
  primary key ("workspace", "change_id")
);
create index "rollouts_workspace_endpoint_updated_at" on "rollouts" ("workspace", "endpoint", "updated_at");

create table "run_comments" (
  "id" text not null,
  "workspace" text not null,
  "run_id" text not null,
  "body" text not null,
  "created_by" text not null,
  "author" text not null,
  "created_at" bigint not null,
  "edited_at" bigint,
  primary key ("id")
);
create index "run_comments_run_id" on "run_comments" ("run_id", "created_at", "id");

create table "run_datasets" (
  "run_id" text not null,
  "dataset_id" text not null,
  "context" text,
  "tags" text not null,
  primary key ("run_id", "dataset_id")
);
create index "run_datasets_dataset_id" on "run_datasets" ("dataset_id");

create table "run_models" (
  "run_id" text not null,
  "direction" text not null,
  "model_id" text not null,
  "step" bigint not null,
  primary key ("run_id", "direction", "model_id", "step")
);
create index "run_models_model_id" on "run_models" ("model_id");

create table "run_params" (
  "run_id" text not null,
  "name" text not null,
  "value" text not null,
  primary key ("run_id", "name")
);

create table "run_references" (
  "run_id" text not null,
  "direction" text not null,
  "type" text not null,
  "reference_id" text not null,
  "role" text not null,
  "digest" text not null,
  primary key ("run_id", "direction", "type", "reference_id", "role")
);
create index "run_references_type_reference_id" on "run_references" ("type", "reference_id");

create table "run_tags" (
  "run_id" text not null,
  "name" text not null,
  "value" text not null,
  primary key ("run_id", "name")
);

create table "run_text_changes" (
  "id" text not null,
  "run_id" text not null,
  primary key ("id")
);
create index "run_text_changes_by_run" on "run_text_changes" ("run_id");

create table "run_texts" (
  "run_id" text not null,
  "words" text not null,
  primary key ("run_id")
);

create table "runs" (
  "id" text not null,
  "workspace" text not null,
  "experiment_id" text not null,
  "project" text,
  "name" text not null,
  "parent_run_id" text,
  "status" text not null,
  "source" text not null,
  "note" text not null,
  "created_by" text not null,
  "started_at" bigint not null,
  "finished_at" bigint,
  "deleted_at" bigint,
  "user_name" text,
  "words_waiting" integer not null,
  "revision" text not null,
  primary key ("id")
);
create index "runs_experiment_id_started_at" on "runs" ("experiment_id", "started_at", "id", "deleted_at");
create index "runs_parent_run_id" on "runs" ("parent_run_id", "started_at") where "parent_run_id" is not null;
create index "runs_words_waiting" on "runs" ("id") where "words_waiting" = 1;
create index "runs_workspace_started_at" on "runs" ("workspace", "started_at", "id");

create table "saved_views" (
  "id" text not null,
  "workspace" text not null,
  "project" text not null,
  "created_by" text not null,
  "name" text not null,
  "shared" integer not null,
  "question" text not null,
  "created_at" bigint not null,
  "updated_at" bigint not null,
  primary key ("id")
);
create unique index "saved_views_owner_name" on "saved_views" ("workspace", "created_by", "project", "name");
create index "saved_views_workspace_name" on "saved_views" ("workspace", "name", "id");

create table "schedules" (
  "name" text not null,
  "timing" text not null,
  "next_at" bigint not null,
  "last_at" bigint,
  primary key ("name")
);

create table "scorer_versions" (
  "scorer_id" text not null,
  "version" bigint not null,
  "definition" text not null,
  "created_by" text not null,
  "created_at" bigint not null,
  primary key ("scorer_id", "version")
);

create table "scorers" (
  "id" text not null,
  "workspace" text not null,
  "experiment" bigint not null,
  "name" text not null,
  primary key ("id")
);
create unique index "scorers_name" on "scorers" ("workspace", "experiment", "name");

create table "serving_cost_marks" (
  "workspace" text not null,
  "source" text not null,
  "boot" text not null,
  "cpu_seconds" double precision not null,
  "answered" text not null,
  primary key ("workspace", "source")
);

create table "serving_reports" (
  "workspace" text not null,
  "id" text not null,
  "kind" text not null,
  "endpoint" text,
  "model_version_id" text,
  "document" text not null,
  "created_at" bigint not null,
  primary key ("workspace", "id")
);
create index "serving_reports_workspace_kind_endpoint" on "serving_reports" ("workspace", "kind", "endpoint", "model_version_id");

create table "serving_snapshots" (
  "workspace" text not null,
  "revision" bigint not null,
  primary key ("workspace")
);

create table "sessions" (
  "id" text not null,
  "workspace" text not null,
  "principal_id" text not null,
  "secret_hash" text not null,
  "created_at" bigint not null,
  "last_seen_at" bigint not null,
  primary key ("id")
);
create index "sessions_principal" on "sessions" ("principal_id");
create unique index "sessions_secret_hash" on "sessions" ("secret_hash");

create table "shared_secrets" (
  "name" text not null,
  "value" text not null,
  "key_id" text,
  "created_at" bigint not null,
  primary key ("name")
);

create table "sign_in_links" (
  "id" text not null,
  "workspace" text not null,
  "principal_id" text not null,
  "secret_hash" text not null,
  "created_at" bigint not null,
  "expires_at" bigint not null,
  "used_at" bigint,
  primary key ("id")
);
create index "sign_in_links_principal" on "sign_in_links" ("principal_id");
create unique index "sign_in_links_secret_hash" on "sign_in_links" ("secret_hash");

create table "silences" (
  "workspace" text not null,
  "id" text not null,
  "monitor" text,
  "signal" text,
  "reason" text not null,
  "owner" text not null,
  "starts_at" bigint not null,
  "ends_at" bigint,
  primary key ("workspace", "id")
);

create table "spans" (
  "trace" bigint not null,
  "span_id" text not null,
  "parent_id" text,
  "name" text not null,
  "type" text,
  "status" text not null,
  "started_us" bigint not null,
  "ended_us" bigint,
  "model" text,
  "provider" text,
  "usage" text,
  "body" text not null,
  primary key ("trace", "span_id")
);

create table "step_cache" (
  "workspace" text not null,
  "cache_key" text not null,
  "pipeline_run_id" text not null,
  "step" text not null,
  "outputs" text not null,
  "tracking_run_id" text,
  "created_at" bigint not null,
  primary key ("workspace", "cache_key")
);

create table "studies" (
  "workspace" text not null,
  "id" text not null,
  "name" text not null,
  "project" text not null,
  "request_key" text,
  "space" text not null,
  "fixed" text not null,
  "objective" text not null,
  "direction" text not null,
  "sampler" text not null,
  "seed" bigint not null,
  "max_trials" integer not null,
  "created_at" bigint not null,
  primary key ("workspace", "id"),
  unique ("workspace", "request_key")
);

create table "trace_assessments" (
  "trace" bigint not null,
  "id" text not null,
  "kind" text not null,
  "name" text not null,
  "value" text not null,
  "number" double precision,
  "error" text,
  "rationale" text,
  "source_type" text not null,
  "source_id" text,
  "span_id" text,
  "run_id" text,
  "metadata" text,
  "overrides" text,
  "valid" integer not null,
  "created_at" bigint not null,
  "updated_at" bigint not null,
  primary key ("trace", "id")
);
create index "trace_assessments_issue" on "trace_assessments" ("name", "trace") where kind = 'issue';

create table "trace_metadata" (
  "trace" bigint not null,
  "name" text not null,
  "value" text not null,
  primary key ("trace", "name")
);

create table "trace_prompts" (
  "prompt" text not null,
  "trace" bigint not null,
  primary key ("prompt", "trace")
);
create index "trace_prompts_trace" on "trace_prompts" ("trace");

create table "trace_runs" (
  "run_id" text not null,
  "trace" bigint not null,
  primary key ("run_id", "trace")
);
create index "trace_runs_trace" on "trace_runs" ("trace");

create table "trace_tags" (
  "trace" bigint not null,
  "name" text not null,
  "value" text not null,
  primary key ("trace", "name")
);

create table "traces" (
  "number" bigint not null,
  "workspace" text not null,
  "id" text not null,
  "experiment_id" text not null,
  "requested_at" bigint not null,
  "duration_ms" bigint,
  "state" text not null,
  "name" text,
  "client_request_id" text,
  "request_preview" text,
  "response_preview" text,
  "session_id" text,
  "input_tokens" bigint,
  "output_tokens" bigint,
  "total_tokens" bigint,
  "cache_read_tokens" bigint,
  "cache_write_tokens" bigint,
  "told" integer not null,
  "spans_stored" integer not null,
  "created_at" bigint not null,
  primary key ("number")
);
create index "traces_experiment_id_requested_at" on "traces" ("experiment_id", "requested_at", "id");
create unique index "traces_workspace_id" on "traces" ("workspace", "id");
create index "traces_workspace_requested_at" on "traces" ("workspace", "requested_at", "id");

create table "trained_models" (
  "workspace" text not null,
  "id" text not null,
  "project" text not null,
  "kind" text not null,
  "digest" text not null,
  "bytes" bigint not null,
  "meta" text not null,
  "run_id" text not null,
  "created_at" bigint not null,
  primary key ("workspace", "id")
);
create index "trained_models_workspace_project" on "trained_models" ("workspace", "project", "id");

create table "trials" (
  "workspace" text not null,
  "study_id" text not null,
  "number" integer not null,
  "state" text not null,
  "params" text not null,
  "value" double precision,
  "error" text,
  "started_at" bigint not null,
  "finished_at" bigint,
  primary key ("workspace", "study_id", "number")
);

create table "unreferenced_blobs" (
  "digest" text not null,
  "state" text not null,
  "size" bigint not null,
  "since" bigint not null,
  "workspace" text,
  "kind" text,
  "seen_by" text,
  primary key ("digest")
);

create table "validation_runs" (
  "id" text not null,
  "workspace" text not null,
  "dataset_id" text not null,
  "version_id" text,
  "contract_id" text not null,
  "contract_version" integer not null,
  "contract_digest" text not null,
  "outcome" text not null,
  "digest" text not null,
  "row_count" bigint not null,
  "failing_rows" bigint not null,
  "failed_checks" integer not null,
  "report" text not null,
  "created_at" bigint not null,
  "created_by" text not null,
  primary key ("id")
);
create index "validation_runs_dataset_id" on "validation_runs" ("dataset_id", "id");
create index "validation_runs_version_id" on "validation_runs" ("version_id", "id");

create table "version_inspections" (
  "workspace" text not null,
  "version_id" text not null,
  "digest" text not null,
  "document" text not null,
  "created_by" text not null,
  "created_at" bigint not null,
  primary key ("workspace", "version_id")
);

create table "waivers" (
  "id" text not null,
  "workspace" text not null,
  "rule" text not null,
  "project" text not null,
  "endpoint" text not null,
  "model_version_id" text,
  "reason" text not null,
  "state" text not null,
  "requested_by" text not null,
  "requested_at" bigint not null,
  "decided_by" text,
  "decided_at" bigint,
  "comment" text not null,
  "expires_at" bigint not null,
  primary key ("id")
);
create index "waivers_workspace_endpoint" on "waivers" ("workspace", "endpoint");

create table "webhook_deliveries" (
  "id" text not null,
  "workspace" text not null,
  "webhook_id" text not null,
  "event" text not null,
  "body" text not null,
  "state" text not null,
  "attempts" integer not null,
  "response_status" integer,
  "error" text,
  "created_at" bigint not null,
  "next_at" bigint not null,
  "finished_at" bigint,
  primary key ("id")
);
create index "webhook_deliveries_finished_at" on "webhook_deliveries" ("finished_at");
create index "webhook_deliveries_state" on "webhook_deliveries" ("state", "webhook_id", "id");
create index "webhook_deliveries_webhook" on "webhook_deliveries" ("webhook_id", "id");

create table "webhook_events" (
  "webhook_id" text not null,
  "workspace" text not null,
  "event" text not null,
  primary key ("webhook_id", "event")
);
create index "webhook_events_event" on "webhook_events" ("workspace", "event");

create table "webhooks" (
  "id" text not null,
  "workspace" text not null,
  "name" text not null,
  "url" text not null,
  "description" text not null,
  "status" text not null,
  "secret" text,
  "secret_key_id" text,
  "created_by" text not null,
  "created_at" bigint not null,
  "updated_at" bigint not null,
  "sending_job" text,
  "sending_until" bigint not null,
  primary key ("id")
);
create index "webhooks_workspace" on "webhooks" ("workspace", "id");

create table "workspaces" (
  "workspace" text not null,
  "created_at" bigint not null,
  primary key ("workspace")
);
