-- What the migrations make; written by scripts/dump-schema.ts.
-- 0000-events sha256:76b9bde409067c5053e69fa2f94982ceaf36757cab33022742358d8f28f19032
-- 0001-governance sha256:6997557378e4c583a971d857dd21e02c150b9a1b419c3a5dec18ba4a1e117a9c
-- 0002-jobs sha256:d025955265401f77c6e0f90d147cfc56cea3db575f614a085f312b1626c853c9
-- 0003-projects sha256:0c119386d2905d7e018fce9432c3d70668d65b30d8015e84416151c90b98946d
-- 0004-datasets sha256:906e713298f29e8dff430b4909ee3c5e3c102eeab8d00c656f4b7879e424965e
-- 0005-tracking sha256:eabf441a5294e81c57fa26383a621b90f5ec750762125c0b719d2fab0fc11351
-- 0006-feature-store sha256:b563af753da1becd8521b96d9180728394034434d55c1d38e1c27875d38f6186
-- 0007-training sha256:8f40dd6047f323468f60e7c58321089445310ca1303ab8b2e6806c69d24d39a5
-- 0008-evaluation sha256:66233b0275d86e948d27d7d1f146aa4894a3c86c307d5f90ef23971d6c90d1c2
-- 0009-tuning sha256:09c51f04d0bac6a9d6111895f7201fe978bf0ea84150303d6f36bdd7deb6239b
-- 0010-pipelines sha256:3daa53192e53f9539b0174fb8874b864c6317978d50aba9b772e5a32fae80979
-- 0011-registry sha256:e77846a0bb92255b3434b2a0a1fc7ab54757aa97c0cc807621e01778beece9e1
-- 0012-serving sha256:fd43463136707ed8eb8dc624e44bb0b436241189bcc6e9877f2bba3fcab6981e
-- 0013-monitoring sha256:ce59cf24246d86ac45cd7307c8f57bd61d23783f270d1d66daf9c6adea1e537c
-- 0014-governance-changes sha256:947ccf26739b430f5ef8c7683f206bc024958b5f760edc4b898440750503b573
-- 0015-leases sha256:cf495b9c6a814479981becb7bbd1a1e62972faffbc885de119bc17fd04df243f
-- 0016-commit-epochs sha256:9ca46e72943ffa8d5d16514e7a0456fc7c9fdb239cfd4d5536d6d6103a68aee4
-- 0017-limits sha256:f1a5a81b1559d1dda24df27f81e1d826438325af2cd57c12a19fa210d4649c77
-- 0018-retention sha256:69e161dfe4791318e7eea6086f25cd9b5b56f1e48fee8c19cda1aa764cd8260c
-- 0020-job-traces sha256:3d43220830b36f9c31da3750ecaa4b2782fb0258ea823ae98a34cca1db3d91ab
-- 0021-metric-journal sha256:6e21914d010d602f3d9bee5ef3093d12b2659271d7a94c4d689c382f64711752
-- 0022-replica-addresses sha256:998638a3f053d50bee70d96ed675136db720693af83aab8f62718de7aa5ee0ef
-- 0024-tracking-numbers sha256:d5fcc3d930f00aa47e60f06c613d9b67277ebc6eb6fc688b96bbc5ece11972f7
-- 0025-artifacts sha256:e34c7b3279847fa7c9414334345bf91628f02eaeeef23bae898855245fae8674
-- 0026-registry-labels sha256:5ddb9aedb8bd5bbca9318c2d97e69f3827efe6d255b0468028585d0a8a12ba0f
-- 0027-webhooks sha256:c07ad747bcccc1d7ad59c8dee785cb974eb1fa6ea7e234a3572041d575b90d54
-- 0028-traces sha256:6c1d3aa543613c42230e82e72cee1b57deafb2e8d1464f49b45066676e200264
-- 0029-evaluation-datasets sha256:939a963109c40099d41a3839f19f9f4d18fb08ce34b5feed76cf67dea6c4f857
-- 0030-metric-order sha256:c79fa149717d2ecac19b573144851d891ca678e2a903e29a82604aba1c642d87
-- 0031-run-texts sha256:7b0bc6dd99a94e7cbbd7c3d7e7d703ff564d09a0ff0f3dea6c1e828086becad6
-- 0034-early-trace-links sha256:23a95cc79601f5ce55512332201b8dccef094b6fa45482ec4c01af46f4ebcd5a
-- 0035-run-comments sha256:55e7339dcb6cb71fdf7ea8a8bbb43b7d7e05f8f150e131ee0021498dd1fcb2e2
-- 0036-saved-views sha256:8c1858dccdcc96189f24d30f8e9ca4b477170a3df4b1e04e197225d63dc2d705
-- 0037-issues sha256:dcb0f253ce4012ff8fef823169ebc363da60898e59da3ad79be675062dd9f2bd
-- 0038-deployments sha256:0c8c69904f8cf1c3477682411d87a932874e3d5b7408cee6728299e0cde1f0ca
-- 0039-endpoint-callers sha256:845ce912d647e05774e3265bb7ecdfc0199a4e874f21a57c2561fdf46b50c954
-- 0040-allowed-pickles sha256:49d728bb4a9d591bc36292b190157c2b8dcff218574697b4d92bf48fbf3030d8
-- 0041-journal-series sha256:6b949a73a5c92cca26c0866c33e10b1ecf2dee0a5286fd8c2793a5f9d801d770
-- 0042-experiment-states sha256:59db6203fc7fea420564254f228685a55ee75d2eaae1a033c3533a9af58e7fd0
-- 0043-key-permissions sha256:ecd53850c78d675eec3489deef1e7b876616e011eafdaa20a4720ae90b91c536
-- 0044-model-secrets sha256:d4efd723fbc908e8011668e0ba51873084d9e2191eeb7c135e85616144b87a86
-- 0046-run-revisions sha256:8f9edb28f9dcad4a35f2a4c5de0b8c7f9f339ffd59cbbd13ca6b8f051bb30659
-- 0047-changes-of-runs sha256:ca14904955c94808f26bdcb4d156bfc66a25e3b639fa63079f1d3654aa2e479e

create table "alert_routes" (
  "workspace" text collate "C" not null,
  "name" text collate "C" not null,
  "kind" text collate "C" not null,
  "acknowledged_test_at" bigint,
  "created_by" text collate "C" not null,
  "created_at" bigint not null,
  primary key ("workspace", "name")
);

create table "alert_transitions" (
  "workspace" text collate "C" not null,
  "id" text collate "C" not null,
  "alert_id" text collate "C" not null,
  "monitor_id" text collate "C" not null,
  "signal" text collate "C" not null,
  "from_state" text collate "C" not null,
  "to_state" text collate "C" not null,
  "at" bigint not null,
  "actor" text collate "C" not null,
  "window_start" bigint,
  "reason" text collate "C" not null,
  primary key ("workspace", "id")
);
create index "alert_transitions_workspace_alert_id" on "alert_transitions" ("workspace", "alert_id");
create index "alert_transitions_workspace_monitor_id" on "alert_transitions" ("workspace", "monitor_id");

create table "alerts" (
  "workspace" text collate "C" not null,
  "id" text collate "C" not null,
  "monitor_id" text collate "C" not null,
  "monitor" text collate "C" not null,
  "endpoint" text collate "C" not null,
  "signal" text collate "C" not null,
  "state" text collate "C" not null,
  "causes" text collate "C" not null,
  "summary" text collate "C" not null,
  "window_start" bigint not null,
  "window_end" bigint not null,
  "opened_at" bigint not null,
  "fired_at" bigint,
  "acknowledged_at" bigint,
  "acknowledged_by" text collate "C",
  "acknowledgement" text collate "C",
  "resolved_at" bigint,
  primary key ("workspace", "id")
);
create index "alerts_workspace_endpoint" on "alerts" ("workspace", "endpoint");

create table "allowed_pickles" (
  "workspace" text collate "C" not null,
  "digest" text collate "C" not null,
  "reason" text collate "C" not null,
  "allowed_by" text collate "C" not null,
  "allowed_at" bigint not null,
  primary key ("workspace", "digest")
);

create table "api_tokens" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "principal_id" text collate "C" not null,
  "name" text collate "C" not null,
  "public_id" text collate "C" not null,
  "secret_hash" text collate "C" not null,
  "suffix" text collate "C" not null,
  "roles" text collate "C",
  "created_at" bigint not null,
  "expires_at" bigint,
  "revoked_at" bigint,
  "last_used_at" bigint,
  primary key ("id")
);
create index "api_tokens_principal" on "api_tokens" ("workspace", "principal_id", "id");
create unique index "api_tokens_public_id" on "api_tokens" ("public_id");

create table "artifact_upload_parts" (
  "upload_id" text collate "C" not null,
  "number" bigint not null,
  "digest" text collate "C" not null,
  "size" bigint not null,
  primary key ("upload_id", "number")
);

create table "artifact_uploads" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "owner_kind" text collate "C" not null,
  "owner_id" text collate "C" not null,
  "path" text collate "C" not null,
  "parts" bigint not null,
  "created_at" bigint not null,
  "completed_at" bigint,
  primary key ("id")
);
create index "artifact_uploads_created_at" on "artifact_uploads" ("created_at", "id");

create table "artifacts" (
  "workspace" text collate "C" not null,
  "owner_kind" text collate "C" not null,
  "owner_id" text collate "C" not null,
  "path" text collate "C" not null,
  "digest" text collate "C" not null,
  "size" bigint not null,
  "created_at" bigint not null,
  primary key ("workspace", "owner_kind", "owner_id", "path")
);

create table "audit_entries" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "at" bigint not null,
  "action" text collate "C" not null,
  "actor_id" text collate "C" not null,
  "subject_kind" text collate "C" not null,
  "subject_id" text collate "C" not null,
  "entry" text collate "C" not null,
  "leaf_index" bigint,
  primary key ("id")
);
create unique index "audit_entries_leaf_index" on "audit_entries" ("leaf_index");
create index "audit_entries_subject" on "audit_entries" ("workspace", "subject_kind", "subject_id", "id");
create index "audit_entries_workspace" on "audit_entries" ("workspace", "id");

create table "audit_heads" (
  "size" bigint not null,
  "root_hash" text collate "C" not null,
  "checkpoint" text collate "C" not null,
  primary key ("size")
);

create table "audit_tiles" (
  "level" bigint not null,
  "position" bigint not null,
  "hashes" text collate "C" not null,
  primary key ("level", "position")
);

create table "change_approvals" (
  "change_id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "digest" text collate "C" not null,
  "approver" text collate "C" not null,
  "people" text collate "C" not null,
  "decision" text collate "C" not null,
  "comment" text collate "C" not null,
  "at" bigint not null,
  primary key ("change_id", "digest", "approver")
);

create table "change_history" (
  "id" text collate "C" not null,
  "change_id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "position" bigint not null,
  "from_state" text collate "C",
  "to_state" text collate "C" not null,
  "actor" text collate "C" not null,
  "at" bigint not null,
  primary key ("id")
);
create unique index "change_history_change_position" on "change_history" ("change_id", "position");

create table "change_steps" (
  "change_id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "name" text collate "C" not null,
  "state" text collate "C" not null,
  "result" text collate "C" not null,
  "error" text collate "C",
  "attempts" bigint not null,
  "started_at" bigint,
  "finished_at" bigint,
  primary key ("change_id", "name")
);

create table "changes" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "kind" text collate "C" not null,
  "subject" text collate "C" not null,
  "state" text collate "C" not null,
  "digest" text collate "C" not null,
  "plan" text collate "C" not null,
  "authors" text collate "C" not null,
  "target" text collate "C",
  "requester" text collate "C" not null,
  "requested_at" bigint not null,
  "updated_at" bigint not null,
  "expires_at" bigint not null,
  "job_id" text collate "C",
  "cancel_requested" bigint not null,
  "verification" text collate "C" not null,
  "roll_back" text collate "C" not null,
  "reason" text collate "C" not null,
  primary key ("id")
);
create index "changes_workspace_id" on "changes" ("workspace", "id");
create index "changes_workspace_target_state" on "changes" ("workspace", "target", "state");

create table "commit_epochs" (
  "base" bigint not null,
  primary key ("base")
);

create table "cost_allowances" (
  "change_id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "project" text collate "C" not null,
  "day" text collate "C" not null,
  "amount" double precision not null,
  "at" bigint not null,
  primary key ("change_id")
);
create index "cost_allowances_workspace_project_day" on "cost_allowances" ("workspace", "project", "day");

create table "cost_records" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "kind" text collate "C" not null,
  "project" text collate "C",
  "subject_kind" text collate "C" not null,
  "subject_id" text collate "C" not null,
  "cpu_seconds" double precision not null,
  "bytes" bigint not null,
  "amount" double precision not null,
  "day" text collate "C" not null,
  "actor" text collate "C" not null,
  "at" bigint not null,
  primary key ("id")
);
create index "cost_records_workspace_at" on "cost_records" ("workspace", "at", "id");

create table "data_planes" (
  "workspace" text collate "C" not null,
  "source" text collate "C" not null,
  "status" text collate "C" not null,
  "seen_at" bigint not null,
  primary key ("workspace", "source")
);

create table "dataset_contracts" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "dataset_id" text collate "C" not null,
  "version" bigint not null,
  "digest" text collate "C" not null,
  "document" text collate "C" not null,
  "created_at" bigint not null,
  "created_by" text collate "C" not null,
  primary key ("id")
);
create unique index "dataset_contracts_dataset_id_version" on "dataset_contracts" ("dataset_id", "version");

create table "dataset_splits" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "version_id" text collate "C" not null,
  "recipe_digest" text collate "C" not null,
  "digest" text collate "C" not null,
  "record" text collate "C" not null,
  "created_at" bigint not null,
  "created_by" text collate "C" not null,
  primary key ("id")
);
create unique index "dataset_splits_version_id_recipe_digest" on "dataset_splits" ("version_id", "recipe_digest");

create table "dataset_version_sources" (
  "workspace" text collate "C" not null,
  "version_id" text collate "C" not null,
  "kind" text collate "C" not null,
  "source_id" text collate "C" not null,
  primary key ("version_id", "kind", "source_id")
);

create table "dataset_versions" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "dataset_id" text collate "C" not null,
  "number" bigint not null,
  "digest" text collate "C" not null,
  "rows_digest" text collate "C" not null,
  "identity" text collate "C" not null,
  "row_count" bigint not null,
  "size" bigint not null,
  "origin" text collate "C" not null,
  "description" text collate "C" not null,
  "attributes" text collate "C" not null,
  "columns" text collate "C" not null,
  "profile" text collate "C" not null,
  "created_at" bigint not null,
  "created_by" text collate "C" not null,
  primary key ("id")
);
create unique index "dataset_versions_dataset_id_identity" on "dataset_versions" ("dataset_id", "identity");
create unique index "dataset_versions_dataset_id_number" on "dataset_versions" ("dataset_id", "number");

create table "datasets" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "name" text collate "C" not null,
  "project" text collate "C",
  "description" text collate "C" not null,
  "contract_version" bigint,
  "created_at" bigint not null,
  "created_by" text collate "C" not null,
  primary key ("id")
);
create unique index "datasets_workspace_name" on "datasets" ("workspace", "name");

create table "early_trace_links" (
  "workspace" text collate "C" not null,
  "trace_id" text collate "C" not null,
  "run_id" text collate "C" not null,
  primary key ("run_id", "trace_id", "workspace")
);
create index "early_trace_links_trace" on "early_trace_links" ("workspace", "trace_id");

create table "endpoint_callers" (
  "workspace" text collate "C" not null,
  "endpoint" text collate "C" not null,
  "day" text collate "C" not null,
  "caller" text collate "C" not null,
  primary key ("workspace", "endpoint", "day", "caller")
);

create table "endpoint_revisions" (
  "workspace" text collate "C" not null,
  "endpoint" text collate "C" not null,
  "revision" bigint not null,
  "desired" text collate "C" not null,
  "reason" text collate "C" not null,
  "change_id" text collate "C",
  "actor" text collate "C" not null,
  "created_at" bigint not null,
  primary key ("workspace", "endpoint", "revision")
);

create table "endpoints" (
  "workspace" text collate "C" not null,
  "name" text collate "C" not null,
  "project" text collate "C" not null,
  "stage" text collate "C" not null,
  "model" text collate "C" not null,
  "twin_of" text collate "C",
  "revision" bigint not null,
  "created_by" text collate "C" not null,
  "created_at" bigint not null,
  "updated_at" bigint not null,
  primary key ("workspace", "name")
);

create table "evaluation_dataset_experiments" (
  "dataset_id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "experiment" bigint not null,
  primary key ("dataset_id", "experiment")
);
create index "evaluation_dataset_experiments_experiment" on "evaluation_dataset_experiments" ("workspace", "experiment");

create table "evaluation_dataset_records" (
  "id" text collate "C" not null,
  "dataset_id" text collate "C" not null,
  "position" bigint not null,
  "inputs_hash" text collate "C" not null,
  "inputs" text collate "C" not null,
  "outputs" text collate "C",
  "expectations" text collate "C",
  "tags" text collate "C" not null,
  "source" text collate "C",
  "user_name" text collate "C",
  "updated_user_name" text collate "C",
  "created_at" bigint not null,
  "updated_at" bigint not null,
  primary key ("id")
);
create unique index "evaluation_dataset_records_inputs_hash" on "evaluation_dataset_records" ("dataset_id", "inputs_hash");
create index "evaluation_dataset_records_position" on "evaluation_dataset_records" ("dataset_id", "position");

create table "evaluation_dataset_tags" (
  "dataset_id" text collate "C" not null,
  "name" text collate "C" not null,
  "value" text collate "C" not null,
  primary key ("dataset_id", "name")
);

create table "evaluation_datasets" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "name" text collate "C" not null,
  "fields" text collate "C",
  "records" bigint not null,
  "last_position" bigint not null,
  "created_by" text collate "C" not null,
  "user_name" text collate "C",
  "updated_user_name" text collate "C",
  "created_at" bigint not null,
  "updated_at" bigint not null,
  "changed_at" bigint not null,
  primary key ("id")
);
create index "evaluation_datasets_created_at" on "evaluation_datasets" ("workspace", "created_at", "id");

create table "evaluations" (
  "workspace" text collate "C" not null,
  "id" text collate "C" not null,
  "project" text collate "C" not null,
  "trained_model_id" text collate "C" not null,
  "split_id" text collate "C" not null,
  "report" text collate "C" not null,
  "created_at" bigint not null,
  primary key ("workspace", "id")
);
create index "evaluations_workspace_project" on "evaluations" ("workspace", "project", "id");

create table "event_deliveries" (
  "subscriber" text collate "C" not null,
  "position" bigint not null,
  primary key ("subscriber")
);

create table "events" (
  "id" text collate "C" not null,
  "position" bigint not null,
  "workspace" text collate "C" not null,
  "type" text collate "C" not null,
  "at" bigint not null,
  "actor" text collate "C" not null,
  "payload" text collate "C" not null,
  primary key ("id")
);
create unique index "events_position" on "events" ("position");
create index "events_type_position" on "events" ("type", "position");
create index "events_workspace_position" on "events" ("workspace", "position");

create table "experiment_numbers" (
  "workspace" text collate "C" not null,
  "last" bigint not null,
  "revision" text collate "C" not null,
  primary key ("workspace")
);

create table "experiment_tags" (
  "experiment_id" text collate "C" not null,
  "name" text collate "C" not null,
  "value" text collate "C" not null,
  primary key ("experiment_id", "name")
);

create table "experiments" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "name" text collate "C" not null,
  "project" text collate "C",
  "note" text collate "C" not null,
  "created_by" text collate "C" not null,
  "created_at" bigint not null,
  "updated_at" bigint not null,
  "deleted_at" bigint,
  "number" bigint not null,
  "artifact_location" text collate "C" not null,
  primary key ("id")
);
create index "experiments_workspace_artifact_location" on "experiments" ("workspace", "artifact_location");
create unique index "experiments_workspace_name" on "experiments" ("workspace", "name");
create unique index "experiments_workspace_number" on "experiments" ("workspace", "number");

create table "feature_definitions" (
  "workspace" text collate "C" not null,
  "kind" text collate "C" not null,
  "name" text collate "C" not null,
  "version" bigint not null,
  "digest" text collate "C" not null,
  "body" text collate "C" not null,
  "created_at" bigint not null,
  primary key ("workspace", "kind", "name", "version")
);

create table "garbage_collections" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "dry_run" bigint not null,
  "state" text collate "C" not null,
  "started_by" text collate "C" not null,
  "started_at" bigint not null,
  "finished_at" bigint,
  "report" text collate "C" not null,
  primary key ("id")
);
create index "garbage_collections_workspace" on "garbage_collections" ("workspace", "id");

create table "inference_key_endpoints" (
  "workspace" text collate "C" not null,
  "endpoint" text collate "C" not null,
  "key_id" text collate "C" not null,
  primary key ("workspace", "endpoint", "key_id")
);
create index "inference_key_endpoints_of_key" on "inference_key_endpoints" ("workspace", "key_id");

create table "inference_keys" (
  "workspace" text collate "C" not null,
  "id" text collate "C" not null,
  "endpoint" text collate "C" not null,
  "name" text collate "C" not null,
  "hash" text collate "C" not null,
  "requests_per_second" double precision not null,
  "burst" bigint not null,
  "expires_at" bigint,
  "revoked_at" bigint,
  "created_by" text collate "C" not null,
  "created_at" bigint not null,
  "quota_per_day" bigint,
  "last_used_at" bigint,
  "replaces_id" text collate "C",
  "permissions" text collate "C",
  primary key ("workspace", "id")
);
create index "inference_keys_workspace_endpoint" on "inference_keys" ("workspace", "endpoint");

create table "issues" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "experiment_id" text collate "C" not null,
  "name" text collate "C" not null,
  "description" text collate "C" not null,
  "status" text collate "C" not null,
  "severity" text collate "C",
  "root_causes" text collate "C" not null,
  "categories" text collate "C" not null,
  "source_run_id" text collate "C",
  "user_name" text collate "C",
  "created_at" bigint not null,
  "updated_at" bigint not null,
  primary key ("id")
);
create index "issues_experiment" on "issues" ("workspace", "experiment_id", "created_at");

create table "jobs" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "kind" text collate "C" not null,
  "state" text collate "C" not null,
  "payload" text collate "C" not null,
  "result" text collate "C",
  "error" text collate "C",
  "progress_share" double precision,
  "progress_message" text collate "C",
  "attempt" bigint not null,
  "max_attempts" bigint not null,
  "lost_leases" bigint not null,
  "dedupe_key" text collate "C",
  "actor_id" text collate "C" not null,
  "request_id" text collate "C" not null,
  "created_at" bigint not null,
  "run_at" bigint not null,
  "started_at" bigint,
  "finished_at" bigint,
  "cancel_requested" bigint not null,
  "lease_owner" text collate "C",
  "lease_expires_at" bigint,
  "traceparent" text collate "C",
  primary key ("id")
);
create index "jobs_finished_at" on "jobs" ("finished_at");
create index "jobs_state_kind_run_at" on "jobs" ("state", "kind", "run_at", "id");
create unique index "jobs_workspace_dedupe_key" on "jobs" ("workspace", "dedupe_key");
create index "jobs_workspace_id" on "jobs" ("workspace", "id");

create table "label_batches" (
  "workspace" text collate "C" not null,
  "id" text collate "C" not null,
  "endpoint" text collate "C" not null,
  "received_at" bigint not null,
  "stored" bigint not null,
  "corrected" bigint not null,
  primary key ("workspace", "id")
);
create index "label_batches_workspace_endpoint_received_at" on "label_batches" ("workspace", "endpoint", "received_at");

create table "label_parts" (
  "workspace" text collate "C" not null,
  "id" text collate "C" not null,
  "endpoint" text collate "C" not null,
  "digest" text collate "C" not null,
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
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "dataset_id" text collate "C" not null,
  "file_name" text collate "C" not null,
  "format" text collate "C" not null,
  "digest" text collate "C" not null,
  "size" bigint not null,
  "row_count" bigint not null,
  "columns" text collate "C" not null,
  "csv" text collate "C",
  "landed_at" bigint not null,
  "landed_by" text collate "C" not null,
  primary key ("id")
);
create unique index "landed_files_dataset_id_digest" on "landed_files" ("dataset_id", "digest");

create table "leases" (
  "name" text collate "C" not null,
  "owner" text collate "C" not null,
  "expires_at" bigint not null,
  "fence" bigint not null,
  primary key ("name")
);

create table "legal_hold_subjects" (
  "hold_id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "kind" text collate "C" not null,
  "subject_id" text collate "C" not null,
  primary key ("hold_id", "kind", "subject_id")
);
create index "legal_hold_subjects_subject" on "legal_hold_subjects" ("workspace", "subject_id", "kind");

create table "legal_holds" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "reason" text collate "C" not null,
  "placed_by" text collate "C" not null,
  "placed_at" bigint not null,
  "released_by" text collate "C",
  "released_at" bigint,
  "release_reason" text collate "C" not null,
  primary key ("id")
);
create index "legal_holds_workspace" on "legal_holds" ("workspace", "id");

create table "limit_buckets" (
  "name" text collate "C" not null,
  "state" text collate "C" not null,
  "forget_at" bigint not null,
  primary key ("name")
);
create index "limit_buckets_forget_at" on "limit_buckets" ("forget_at");

create table "limit_holders" (
  "scope" text collate "C" not null,
  "holder" text collate "C" not null,
  "seen_at" bigint not null,
  primary key ("scope", "holder")
);

create table "lineage_edges" (
  "workspace" text collate "C" not null,
  "from_kind" text collate "C" not null,
  "from_id" text collate "C" not null,
  "to_kind" text collate "C" not null,
  "to_id" text collate "C" not null,
  "relation" text collate "C" not null,
  "from_digest" text collate "C",
  "to_digest" text collate "C",
  "actor" text collate "C" not null,
  "at" bigint not null
);
create unique index "lineage_edges_workspace_from_to_relation" on "lineage_edges" ("workspace", "from_id", "from_kind", "to_id", "to_kind", "relation");
create index "lineage_edges_workspace_to" on "lineage_edges" ("workspace", "to_id");

create table "logged_datasets" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "experiment_id" text collate "C" not null,
  "name" text collate "C" not null,
  "digest" text collate "C" not null,
  "source_type" text collate "C" not null,
  "source" text collate "C" not null,
  "schema" text collate "C",
  "profile" text collate "C",
  primary key ("id")
);
create unique index "logged_datasets_experiment_id_name_digest" on "logged_datasets" ("experiment_id", "name", "digest");

create table "logged_model_params" (
  "model_id" text collate "C" not null,
  "name" text collate "C" not null,
  "value" text collate "C" not null,
  primary key ("model_id", "name")
);

create table "logged_model_tags" (
  "model_id" text collate "C" not null,
  "name" text collate "C" not null,
  "value" text collate "C" not null,
  primary key ("model_id", "name")
);

create table "logged_models" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "experiment_id" text collate "C" not null,
  "name" text collate "C" not null,
  "model_type" text collate "C" not null,
  "source_run_id" text collate "C",
  "status" text collate "C" not null,
  "created_by" text collate "C" not null,
  "created_at" bigint not null,
  "updated_at" bigint not null,
  "deleted_at" bigint,
  primary key ("id")
);
create index "logged_models_experiment" on "logged_models" ("experiment_id", "created_at", "id");
create index "logged_models_source_run" on "logged_models" ("source_run_id");

create table "materializations" (
  "workspace" text collate "C" not null,
  "view_name" text collate "C" not null,
  "view_version" bigint not null,
  "at" bigint not null,
  "row_count" bigint not null,
  "source_version_id" text collate "C" not null,
  "written_at" bigint not null,
  primary key ("workspace", "view_name")
);

create table "metric_batches" (
  "id" text collate "C" not null,
  "writer" text collate "C" not null,
  "written_at" bigint not null,
  "size" bigint not null,
  "points" text collate "C" not null,
  "first_series" bigint not null,
  "last_series" bigint not null,
  primary key ("id")
);

create table "metric_points" (
  "series_id" bigint not null,
  "step" bigint not null,
  "at" bigint not null,
  "value" double precision not null,
  "is_nan" bigint not null
);
create unique index "metric_points_series_id_step" on "metric_points" ("series_id", "step", "at", "value", "is_nan");

create table "metric_series" (
  "id" bigint not null,
  "run_id" text collate "C" not null,
  "name" text collate "C" not null,
  "step" bigint not null,
  "at" bigint not null,
  "value" double precision not null,
  "is_nan" bigint not null,
  "experiment_id" text collate "C" not null,
  primary key ("id")
);
create index "metric_series_order" on "metric_series" ("experiment_id", "name", "is_nan", "value", "run_id");
create unique index "metric_series_run_id_name" on "metric_series" ("run_id", "name");

create table "migrations" (
  "name" text collate "C" not null,
  "applied_at" bigint not null,
  "digest" text collate "C",
  primary key ("name")
);

create table "model_aliases" (
  "workspace" text collate "C" not null,
  "model" text collate "C" not null,
  "alias" text collate "C" not null,
  "version" bigint not null,
  "updated_at" bigint not null,
  primary key ("workspace", "model", "alias")
);

create table "model_metrics" (
  "model_id" text collate "C" not null,
  "name" text collate "C" not null,
  "run_id" text collate "C" not null,
  "dataset_name" text collate "C" not null,
  "dataset_digest" text collate "C" not null,
  "step" bigint not null,
  "at" bigint not null,
  "value" double precision not null,
  "is_nan" bigint not null,
  primary key ("model_id", "name", "run_id", "dataset_name", "dataset_digest", "step", "at", "value", "is_nan")
);
create index "model_metrics_run_id" on "model_metrics" ("run_id");

create table "model_secrets" (
  "workspace" text collate "C" not null,
  "name" text collate "C" not null,
  "origin" text collate "C" not null,
  "sealed" text collate "C" not null,
  "key_id" text collate "C" not null,
  "created_by" text collate "C" not null,
  "created_at" bigint not null,
  primary key ("workspace", "name")
);

create table "model_version_tags" (
  "workspace" text collate "C" not null,
  "model" text collate "C" not null,
  "version" bigint not null,
  "name" text collate "C" not null,
  "value" text collate "C" not null,
  primary key ("workspace", "model", "version", "name")
);

create table "model_versions" (
  "workspace" text collate "C" not null,
  "id" text collate "C" not null,
  "model" text collate "C" not null,
  "version" bigint not null,
  "digest" text collate "C" not null,
  "trained_model_id" text collate "C" not null,
  "evaluation_id" text collate "C" not null,
  "document" text collate "C" not null,
  "created_at" bigint not null,
  "checked" bigint not null,
  "stage" text collate "C" not null,
  "source" text collate "C" not null,
  "location" text collate "C" not null,
  "run_link" text collate "C" not null,
  "description" text collate "C" not null,
  "run_id" text collate "C",
  "logged_model_id" text collate "C",
  "updated_at" bigint not null,
  "deleted_at" bigint,
  primary key ("workspace", "id")
);
create unique index "model_versions_checked" on "model_versions" ("workspace", "model", "trained_model_id", "evaluation_id") where ((trained_model_id <> ''::text) AND (deleted_at IS NULL));
create index "model_versions_digest" on "model_versions" ("digest");
create index "model_versions_logged_model" on "model_versions" ("workspace", "logged_model_id");
create index "model_versions_run" on "model_versions" ("workspace", "run_id");
create index "model_versions_updated" on "model_versions" ("workspace", "updated_at", "model", "version");
create unique index "model_versions_workspace_model_version" on "model_versions" ("workspace", "model", "version");

create table "monitor_references" (
  "workspace" text collate "C" not null,
  "monitor_id" text collate "C" not null,
  "cache_key" text collate "C" not null,
  "digest" text collate "C" not null,
  "rows" bigint not null,
  "columns" bigint not null,
  "chunks" bigint not null,
  "model_version_id" text collate "C",
  "created_at" bigint not null,
  primary key ("workspace", "monitor_id", "cache_key")
);

create table "monitor_signals" (
  "workspace" text collate "C" not null,
  "monitor_id" text collate "C" not null,
  "signal" text collate "C" not null,
  "state" text collate "C" not null,
  "alert_id" text collate "C",
  primary key ("workspace", "monitor_id", "signal")
);

create table "monitor_windows" (
  "workspace" text collate "C" not null,
  "monitor_id" text collate "C" not null,
  "start_at" bigint not null,
  "end_at" bigint not null,
  "rows" bigint not null,
  "labelled_rows" bigint not null,
  "revision" bigint not null,
  "inputs_digest" text collate "C" not null,
  "result" text collate "C" not null,
  "evaluated_at" bigint not null,
  primary key ("workspace", "monitor_id", "start_at")
);

create table "monitors" (
  "workspace" text collate "C" not null,
  "id" text collate "C" not null,
  "name" text collate "C" not null,
  "endpoint" text collate "C" not null,
  "settings" text collate "C" not null,
  "revision" bigint not null,
  "watermark" bigint,
  "evaluated_at" bigint,
  "problem" text collate "C",
  "created_by" text collate "C" not null,
  "created_at" bigint not null,
  "updated_at" bigint not null,
  primary key ("workspace", "name")
);
create index "monitors_workspace_endpoint" on "monitors" ("workspace", "endpoint");

create table "notifications" (
  "workspace" text collate "C" not null,
  "id" text collate "C" not null,
  "route" text collate "C" not null,
  "kind" text collate "C" not null,
  "alert_id" text collate "C",
  "title" text collate "C" not null,
  "text" text collate "C" not null,
  "state" text collate "C" not null,
  "suppressed_because" text collate "C",
  "at" bigint not null,
  "acknowledged_at" bigint,
  "acknowledged_by" text collate "C",
  primary key ("workspace", "id")
);
create index "notifications_workspace_alert_id" on "notifications" ("workspace", "alert_id");

create table "online_features" (
  "workspace" text collate "C" not null,
  "view_name" text collate "C" not null,
  "entity_key" text collate "C" not null,
  "feature_values" text collate "C" not null,
  primary key ("workspace", "view_name", "entity_key")
);

create table "pipeline_run_steps" (
  "pipeline_run_id" text collate "C" not null,
  "step" text collate "C" not null,
  "workspace" text collate "C" not null,
  "pipeline" text collate "C" not null,
  "position" bigint not null,
  "status" text collate "C" not null,
  "reason" text collate "C",
  "error" text collate "C",
  "waiting" bigint not null,
  "inputs" text collate "C",
  "outputs" text collate "C" not null,
  "attempt" bigint not null,
  "failures" bigint not null,
  "job_id" text collate "C",
  "cache_key" text collate "C",
  "cache_parts" text collate "C",
  "cache_verdict" text collate "C",
  "cached_from_run" text collate "C",
  "cached_from_step" text collate "C",
  "tracking_run_id" text collate "C",
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
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "pipeline" text collate "C" not null,
  "project" text collate "C" not null,
  "spec_version" bigint not null,
  "spec_digest" text collate "C" not null,
  "trigger" text collate "C" not null,
  "parameters" text collate "C" not null,
  "refresh" bigint not null,
  "status" text collate "C" not null,
  "reason" text collate "C",
  "cancel_requested" bigint not null,
  "resumes" bigint not null,
  "unfinished" bigint not null,
  "tracking_run_id" text collate "C" not null,
  "created_by" text collate "C" not null,
  "created_at" bigint not null,
  "started_at" bigint,
  "finished_at" bigint,
  primary key ("id")
);
create index "pipeline_runs_workspace_created_at" on "pipeline_runs" ("workspace", "created_at", "id");
create index "pipeline_runs_workspace_pipeline_created_at" on "pipeline_runs" ("workspace", "pipeline", "created_at", "id");

create table "pipeline_specs" (
  "workspace" text collate "C" not null,
  "pipeline" text collate "C" not null,
  "version" bigint not null,
  "digest" text collate "C" not null,
  "text" text collate "C" not null,
  "created_by" text collate "C" not null,
  "created_at" bigint not null,
  primary key ("workspace", "pipeline", "version")
);
create unique index "pipeline_specs_workspace_pipeline_digest" on "pipeline_specs" ("workspace", "pipeline", "digest");

create table "pipelines" (
  "workspace" text collate "C" not null,
  "name" text collate "C" not null,
  "project" text collate "C" not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "updated_at" bigint not null,
  primary key ("workspace", "name")
);

create table "policy_overlays" (
  "workspace" text collate "C" not null,
  "version" bigint not null,
  "document" text collate "C" not null,
  "actor" text collate "C" not null,
  "at" bigint not null,
  primary key ("workspace", "version")
);

create table "prediction_counts" (
  "workspace" text collate "C" not null,
  "endpoint" text collate "C" not null,
  "source" text collate "C" not null,
  "boot" text collate "C" not null,
  "rows" bigint not null,
  "highest" bigint not null,
  "answered" bigint not null,
  "first_at" bigint not null,
  primary key ("workspace", "endpoint", "source", "boot")
);

create table "prediction_parts" (
  "workspace" text collate "C" not null,
  "id" text collate "C" not null,
  "endpoint" text collate "C" not null,
  "hour" bigint not null,
  "digest" text collate "C" not null,
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
  "workspace" text collate "C" not null,
  "source" text collate "C" not null,
  "acknowledged" bigint not null,
  primary key ("workspace", "source")
);

create table "prediction_traffic" (
  "workspace" text collate "C" not null,
  "endpoint" text collate "C" not null,
  "minute" bigint not null,
  "arm" text collate "C" not null,
  "predictor" text collate "C" not null,
  "status" text collate "C" not null,
  "rows" bigint not null,
  "latency" text collate "C" not null,
  primary key ("workspace", "endpoint", "minute", "arm", "predictor", "status")
);

create table "principals" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "kind" text collate "C" not null,
  "name" text collate "C" not null,
  "roles" text collate "C" not null,
  "created_at" bigint not null,
  "disabled_at" bigint,
  "last_sign_in_at" bigint,
  primary key ("id")
);
create unique index "principals_workspace_name" on "principals" ("workspace", "name");

create table "project_revisions" (
  "workspace" text collate "C" not null,
  "project" text collate "C" not null,
  "revision" bigint not null,
  "record" text collate "C" not null,
  "actor" text collate "C" not null,
  "at" bigint not null,
  primary key ("workspace", "project", "revision")
);

create table "project_stages" (
  "workspace" text collate "C" not null,
  "project" text collate "C" not null,
  "stage" text collate "C" not null,
  "first_at" bigint not null,
  "last_at" bigint not null,
  "times" bigint not null,
  "node_kind" text collate "C" not null,
  "node_id" text collate "C" not null,
  primary key ("workspace", "project", "stage")
);

create table "projects" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "name" text collate "C" not null,
  "revision" bigint not null,
  "record" text collate "C" not null,
  "created_at" bigint not null,
  "updated_at" bigint not null,
  primary key ("id")
);
create unique index "projects_workspace_name" on "projects" ("workspace", "name");

create table "protected_labels" (
  "workspace" text collate "C" not null,
  "patterns" text collate "C" not null,
  "updated_by" text collate "C" not null,
  "updated_at" bigint not null,
  primary key ("workspace")
);

create table "registered_model_tags" (
  "workspace" text collate "C" not null,
  "model" text collate "C" not null,
  "name" text collate "C" not null,
  "value" text collate "C" not null,
  primary key ("workspace", "model", "name")
);

create table "registered_models" (
  "workspace" text collate "C" not null,
  "name" text collate "C" not null,
  "project" text collate "C" not null,
  "description" text collate "C" not null,
  "created_by" text collate "C" not null,
  "created_at" bigint not null,
  "kind" text collate "C" not null,
  "updated_at" bigint not null,
  "last_version" bigint not null,
  primary key ("workspace", "name")
);

create table "removed_things" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "kind" text collate "C" not null,
  "retention_kind" text collate "C" not null,
  "days" bigint not null,
  "removed_at" bigint not null,
  primary key ("id")
);

create table "replicas" (
  "id" text collate "C" not null,
  "host" text collate "C" not null,
  "version" text collate "C" not null,
  "started_at" bigint not null,
  "last_seen_at" bigint not null,
  "clock_offset" bigint not null,
  "url" text collate "C",
  "inner_url" text collate "C",
  primary key ("id")
);

create table "retention_marks" (
  "name" text collate "C" not null,
  "at" bigint not null,
  primary key ("name")
);

create table "retention_policies" (
  "workspace" text collate "C" not null,
  "kind" text collate "C" not null,
  "project" text collate "C" not null,
  "days" bigint,
  "updated_by" text collate "C" not null,
  "updated_at" bigint not null,
  primary key ("workspace", "kind", "project")
);

create table "retraining_policies" (
  "workspace" text collate "C" not null,
  "id" text collate "C" not null,
  "name" text collate "C" not null,
  "endpoint" text collate "C" not null,
  "settings" text collate "C" not null,
  "owner_id" text collate "C" not null,
  "owner_name" text collate "C" not null,
  "created_at" bigint not null,
  "updated_at" bigint not null,
  primary key ("workspace", "name")
);

create table "retraining_runs" (
  "workspace" text collate "C" not null,
  "id" text collate "C" not null,
  "policy" text collate "C" not null,
  "endpoint" text collate "C" not null,
  "pipeline" text collate "C" not null,
  "trigger" text collate "C" not null,
  "cause" text collate "C",
  "monitor_id" text collate "C",
  "alert_id" text collate "C",
  "window_start" bigint,
  "window_end" bigint,
  "decision" text collate "C",
  "reason" text collate "C" not null,
  "parameters" text collate "C" not null,
  "pipeline_run_id" text collate "C",
  "evaluation_id" text collate "C",
  "model_version_id" text collate "C",
  "comparison" text collate "C",
  "change_id" text collate "C",
  "created_by" text collate "C" not null,
  "created_at" bigint not null,
  "finished_at" bigint,
  primary key ("workspace", "id")
);
create index "retraining_runs_workspace_policy_cause" on "retraining_runs" ("workspace", "policy", "cause");

create table "rollouts" (
  "workspace" text collate "C" not null,
  "change_id" text collate "C" not null,
  "endpoint" text collate "C" not null,
  "model_version_id" text collate "C" not null,
  "document" text collate "C" not null,
  "updated_at" bigint not null,
  primary key ("workspace", "change_id")
);
create index "rollouts_workspace_endpoint_updated_at" on "rollouts" ("workspace", "endpoint", "updated_at");

create table "run_comments" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "run_id" text collate "C" not null,
  "body" text collate "C" not null,
  "created_by" text collate "C" not null,
  "author" text collate "C" not null,
  "created_at" bigint not null,
  "edited_at" bigint,
  primary key ("id")
);
create index "run_comments_run_id" on "run_comments" ("run_id", "created_at", "id");

create table "run_datasets" (
  "run_id" text collate "C" not null,
  "dataset_id" text collate "C" not null,
  "context" text collate "C",
  "tags" text collate "C" not null,
  primary key ("run_id", "dataset_id")
);
create index "run_datasets_dataset_id" on "run_datasets" ("dataset_id");

create table "run_models" (
  "run_id" text collate "C" not null,
  "direction" text collate "C" not null,
  "model_id" text collate "C" not null,
  "step" bigint not null,
  primary key ("run_id", "direction", "model_id", "step")
);
create index "run_models_model_id" on "run_models" ("model_id");

create table "run_params" (
  "run_id" text collate "C" not null,
  "name" text collate "C" not null,
  "value" text collate "C" not null,
  primary key ("run_id", "name")
);

create table "run_references" (
  "run_id" text collate "C" not null,
  "direction" text collate "C" not null,
  "type" text collate "C" not null,
  "reference_id" text collate "C" not null,
  "role" text collate "C" not null,
  "digest" text collate "C" not null,
  primary key ("run_id", "direction", "type", "reference_id", "role")
);
create index "run_references_type_reference_id" on "run_references" ("type", "reference_id");

create table "run_tags" (
  "run_id" text collate "C" not null,
  "name" text collate "C" not null,
  "value" text collate "C" not null,
  primary key ("run_id", "name")
);

create table "run_text_changes" (
  "id" text collate "C" not null,
  "run_id" text collate "C" not null,
  primary key ("id")
);
create index "run_text_changes_by_run" on "run_text_changes" ("run_id");

create table "run_texts" (
  "run_id" text collate "C" not null,
  "words" text collate "C" not null,
  primary key ("run_id")
);

create table "runs" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "experiment_id" text collate "C" not null,
  "project" text collate "C",
  "name" text collate "C" not null,
  "parent_run_id" text collate "C",
  "status" text collate "C" not null,
  "source" text collate "C" not null,
  "note" text collate "C" not null,
  "created_by" text collate "C" not null,
  "started_at" bigint not null,
  "finished_at" bigint,
  "deleted_at" bigint,
  "user_name" text collate "C",
  "words_waiting" bigint not null,
  "revision" text collate "C" not null,
  primary key ("id")
);
create index "runs_experiment_id_started_at" on "runs" ("experiment_id", "started_at", "id", "deleted_at");
create index "runs_parent_run_id" on "runs" ("parent_run_id", "started_at") where (parent_run_id IS NOT NULL);
create index "runs_words_waiting" on "runs" ("id") where (words_waiting = 1);
create index "runs_workspace_started_at" on "runs" ("workspace", "started_at", "id");

create table "saved_views" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "project" text collate "C" not null,
  "created_by" text collate "C" not null,
  "name" text collate "C" not null,
  "shared" bigint not null,
  "question" text collate "C" not null,
  "created_at" bigint not null,
  "updated_at" bigint not null,
  primary key ("id")
);
create unique index "saved_views_owner_name" on "saved_views" ("workspace", "created_by", "project", "name");
create index "saved_views_workspace_name" on "saved_views" ("workspace", "name", "id");

create table "schedules" (
  "name" text collate "C" not null,
  "timing" text collate "C" not null,
  "next_at" bigint not null,
  "last_at" bigint,
  primary key ("name")
);

create table "scorer_versions" (
  "scorer_id" text collate "C" not null,
  "version" bigint not null,
  "definition" text collate "C" not null,
  "created_by" text collate "C" not null,
  "created_at" bigint not null,
  primary key ("scorer_id", "version")
);

create table "scorers" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "experiment" bigint not null,
  "name" text collate "C" not null,
  primary key ("id")
);
create unique index "scorers_name" on "scorers" ("workspace", "experiment", "name");

create table "serving_cost_marks" (
  "workspace" text collate "C" not null,
  "source" text collate "C" not null,
  "boot" text collate "C" not null,
  "cpu_seconds" double precision not null,
  "answered" text collate "C" not null,
  primary key ("workspace", "source")
);

create table "serving_reports" (
  "workspace" text collate "C" not null,
  "id" text collate "C" not null,
  "kind" text collate "C" not null,
  "endpoint" text collate "C",
  "model_version_id" text collate "C",
  "document" text collate "C" not null,
  "created_at" bigint not null,
  primary key ("workspace", "id")
);
create index "serving_reports_workspace_kind_endpoint" on "serving_reports" ("workspace", "kind", "endpoint", "model_version_id");

create table "serving_snapshots" (
  "workspace" text collate "C" not null,
  "revision" bigint not null,
  primary key ("workspace")
);

create table "sessions" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "principal_id" text collate "C" not null,
  "secret_hash" text collate "C" not null,
  "created_at" bigint not null,
  "last_seen_at" bigint not null,
  primary key ("id")
);
create index "sessions_principal" on "sessions" ("principal_id");
create unique index "sessions_secret_hash" on "sessions" ("secret_hash");

create table "shared_secrets" (
  "name" text collate "C" not null,
  "value" text collate "C" not null,
  "key_id" text collate "C",
  "created_at" bigint not null,
  primary key ("name")
);

create table "sign_in_links" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "principal_id" text collate "C" not null,
  "secret_hash" text collate "C" not null,
  "created_at" bigint not null,
  "expires_at" bigint not null,
  "used_at" bigint,
  primary key ("id")
);
create index "sign_in_links_principal" on "sign_in_links" ("principal_id");
create unique index "sign_in_links_secret_hash" on "sign_in_links" ("secret_hash");

create table "silences" (
  "workspace" text collate "C" not null,
  "id" text collate "C" not null,
  "monitor" text collate "C",
  "signal" text collate "C",
  "reason" text collate "C" not null,
  "owner" text collate "C" not null,
  "starts_at" bigint not null,
  "ends_at" bigint,
  primary key ("workspace", "id")
);

create table "spans" (
  "trace" bigint not null,
  "span_id" text collate "C" not null,
  "parent_id" text collate "C",
  "name" text collate "C" not null,
  "type" text collate "C",
  "status" text collate "C" not null,
  "started_us" bigint not null,
  "ended_us" bigint,
  "model" text collate "C",
  "provider" text collate "C",
  "usage" text collate "C",
  "body" text collate "C" not null,
  primary key ("trace", "span_id")
);

create table "step_cache" (
  "workspace" text collate "C" not null,
  "cache_key" text collate "C" not null,
  "pipeline_run_id" text collate "C" not null,
  "step" text collate "C" not null,
  "outputs" text collate "C" not null,
  "tracking_run_id" text collate "C",
  "created_at" bigint not null,
  primary key ("workspace", "cache_key")
);

create table "studies" (
  "workspace" text collate "C" not null,
  "id" text collate "C" not null,
  "name" text collate "C" not null,
  "project" text collate "C" not null,
  "request_key" text collate "C",
  "space" text collate "C" not null,
  "fixed" text collate "C" not null,
  "objective" text collate "C" not null,
  "direction" text collate "C" not null,
  "sampler" text collate "C" not null,
  "seed" bigint not null,
  "max_trials" bigint not null,
  "created_at" bigint not null,
  primary key ("workspace", "id"),
  unique ("workspace", "request_key")
);

create table "trace_assessments" (
  "trace" bigint not null,
  "id" text collate "C" not null,
  "kind" text collate "C" not null,
  "name" text collate "C" not null,
  "value" text collate "C" not null,
  "number" double precision,
  "error" text collate "C",
  "rationale" text collate "C",
  "source_type" text collate "C" not null,
  "source_id" text collate "C",
  "span_id" text collate "C",
  "run_id" text collate "C",
  "metadata" text collate "C",
  "overrides" text collate "C",
  "valid" bigint not null,
  "created_at" bigint not null,
  "updated_at" bigint not null,
  primary key ("trace", "id")
);
create index "trace_assessments_issue" on "trace_assessments" ("name", "trace") where (kind = 'issue'::text);

create table "trace_metadata" (
  "trace" bigint not null,
  "name" text collate "C" not null,
  "value" text collate "C" not null,
  primary key ("trace", "name")
);

create table "trace_prompts" (
  "prompt" text collate "C" not null,
  "trace" bigint not null,
  primary key ("prompt", "trace")
);
create index "trace_prompts_trace" on "trace_prompts" ("trace");

create table "trace_runs" (
  "run_id" text collate "C" not null,
  "trace" bigint not null,
  primary key ("run_id", "trace")
);
create index "trace_runs_trace" on "trace_runs" ("trace");

create table "trace_tags" (
  "trace" bigint not null,
  "name" text collate "C" not null,
  "value" text collate "C" not null,
  primary key ("trace", "name")
);

create table "traces" (
  "number" bigint not null,
  "workspace" text collate "C" not null,
  "id" text collate "C" not null,
  "experiment_id" text collate "C" not null,
  "requested_at" bigint not null,
  "duration_ms" bigint,
  "state" text collate "C" not null,
  "name" text collate "C",
  "client_request_id" text collate "C",
  "request_preview" text collate "C",
  "response_preview" text collate "C",
  "session_id" text collate "C",
  "input_tokens" bigint,
  "output_tokens" bigint,
  "total_tokens" bigint,
  "cache_read_tokens" bigint,
  "cache_write_tokens" bigint,
  "told" bigint not null,
  "spans_stored" bigint not null,
  "created_at" bigint not null,
  primary key ("number")
);
create index "traces_experiment_id_requested_at" on "traces" ("experiment_id", "requested_at", "id");
create unique index "traces_workspace_id" on "traces" ("workspace", "id");
create index "traces_workspace_requested_at" on "traces" ("workspace", "requested_at", "id");

create table "trained_models" (
  "workspace" text collate "C" not null,
  "id" text collate "C" not null,
  "project" text collate "C" not null,
  "kind" text collate "C" not null,
  "digest" text collate "C" not null,
  "bytes" bigint not null,
  "meta" text collate "C" not null,
  "run_id" text collate "C" not null,
  "created_at" bigint not null,
  primary key ("workspace", "id")
);
create index "trained_models_workspace_project" on "trained_models" ("workspace", "project", "id");

create table "trials" (
  "workspace" text collate "C" not null,
  "study_id" text collate "C" not null,
  "number" bigint not null,
  "state" text collate "C" not null,
  "params" text collate "C" not null,
  "value" double precision,
  "error" text collate "C",
  "started_at" bigint not null,
  "finished_at" bigint,
  primary key ("workspace", "study_id", "number")
);

create table "unreferenced_blobs" (
  "digest" text collate "C" not null,
  "state" text collate "C" not null,
  "size" bigint not null,
  "since" bigint not null,
  "workspace" text collate "C",
  "kind" text collate "C",
  "seen_by" text collate "C",
  primary key ("digest")
);

create table "validation_runs" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "dataset_id" text collate "C" not null,
  "version_id" text collate "C",
  "contract_id" text collate "C" not null,
  "contract_version" bigint not null,
  "contract_digest" text collate "C" not null,
  "outcome" text collate "C" not null,
  "digest" text collate "C" not null,
  "row_count" bigint not null,
  "failing_rows" bigint not null,
  "failed_checks" bigint not null,
  "report" text collate "C" not null,
  "created_at" bigint not null,
  "created_by" text collate "C" not null,
  primary key ("id")
);
create index "validation_runs_dataset_id" on "validation_runs" ("dataset_id", "id");
create index "validation_runs_version_id" on "validation_runs" ("version_id", "id");

create table "version_inspections" (
  "workspace" text collate "C" not null,
  "version_id" text collate "C" not null,
  "digest" text collate "C" not null,
  "document" text collate "C" not null,
  "created_by" text collate "C" not null,
  "created_at" bigint not null,
  primary key ("workspace", "version_id")
);

create table "waivers" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "rule" text collate "C" not null,
  "project" text collate "C" not null,
  "endpoint" text collate "C" not null,
  "model_version_id" text collate "C",
  "reason" text collate "C" not null,
  "state" text collate "C" not null,
  "requested_by" text collate "C" not null,
  "requested_at" bigint not null,
  "decided_by" text collate "C",
  "decided_at" bigint,
  "comment" text collate "C" not null,
  "expires_at" bigint not null,
  primary key ("id")
);
create index "waivers_workspace_endpoint" on "waivers" ("workspace", "endpoint");

create table "webhook_deliveries" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "webhook_id" text collate "C" not null,
  "event" text collate "C" not null,
  "body" text collate "C" not null,
  "state" text collate "C" not null,
  "attempts" bigint not null,
  "response_status" bigint,
  "error" text collate "C",
  "created_at" bigint not null,
  "next_at" bigint not null,
  "finished_at" bigint,
  primary key ("id")
);
create index "webhook_deliveries_finished_at" on "webhook_deliveries" ("finished_at");
create index "webhook_deliveries_state" on "webhook_deliveries" ("state", "webhook_id", "id");
create index "webhook_deliveries_webhook" on "webhook_deliveries" ("webhook_id", "id");

create table "webhook_events" (
  "webhook_id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "event" text collate "C" not null,
  primary key ("webhook_id", "event")
);
create index "webhook_events_event" on "webhook_events" ("workspace", "event");

create table "webhooks" (
  "id" text collate "C" not null,
  "workspace" text collate "C" not null,
  "name" text collate "C" not null,
  "url" text collate "C" not null,
  "description" text collate "C" not null,
  "status" text collate "C" not null,
  "secret" text collate "C",
  "secret_key_id" text collate "C",
  "created_by" text collate "C" not null,
  "created_at" bigint not null,
  "updated_at" bigint not null,
  "sending_job" text collate "C",
  "sending_until" bigint not null,
  primary key ("id")
);
create index "webhooks_workspace" on "webhooks" ("workspace", "id");

create table "workspaces" (
  "workspace" text collate "C" not null,
  "created_at" bigint not null,
  primary key ("workspace")
);
