/** What MLflow's REST API answers, as far as it is read. */
interface Pair {
  readonly key: string;
  readonly value?: string;
}

export interface ExperimentMessage {
  readonly experiment_id: string;
  readonly name: string;
  readonly lifecycle_stage?: string;
  readonly creation_time?: number;
  readonly last_update_time?: number;
  readonly tags?: readonly Pair[];
}

export interface MetricMessage {
  readonly key: string;
  readonly value: number | string;
  readonly timestamp?: number;
  readonly step?: number;
}

export interface RunMessage {
  readonly info: {
    readonly run_id: string;
    readonly run_name?: string;
    readonly experiment_id: string;
    readonly user_id?: string;
    readonly status: string;
    readonly start_time?: number;
    readonly end_time?: number;
    readonly artifact_uri?: string;
    readonly lifecycle_stage?: string;
  };
  readonly data?: {
    readonly metrics?: readonly MetricMessage[];
    readonly params?: readonly Pair[];
    readonly tags?: readonly Pair[];
  };
  readonly inputs?: {
    readonly dataset_inputs?: readonly {
      readonly tags?: readonly Pair[];
      readonly dataset: {
        readonly name: string;
        readonly digest: string;
        readonly source_type?: string;
        readonly source?: string;
        readonly schema?: string;
        readonly profile?: string;
      };
    }[];
    readonly model_inputs?: readonly { readonly model_id: string }[];
  };
  readonly outputs?: {
    readonly model_outputs?: readonly { readonly model_id: string; readonly step?: number }[];
  };
}

export interface LoggedModelMessage {
  readonly info: {
    readonly model_id: string;
    readonly experiment_id: string;
    readonly name: string;
    readonly creation_timestamp_ms: number;
    readonly last_updated_timestamp_ms: number;
    readonly artifact_uri?: string;
    readonly status?: string;
    readonly model_type?: string;
    readonly source_run_id?: string;
    readonly tags?: readonly Pair[];
  };
  readonly data?: {
    readonly params?: readonly Pair[];
    readonly metrics?: readonly (MetricMessage & {
      readonly run_id?: string;
      readonly dataset_name?: string;
      readonly dataset_digest?: string;
    })[];
  };
}

export interface ModelMessage {
  readonly name: string;
  readonly creation_timestamp?: number;
  readonly last_updated_timestamp?: number;
  readonly description?: string;
  readonly tags?: readonly Pair[];
  readonly aliases?: readonly { readonly alias: string; readonly version: string | number }[];
}

export interface VersionMessage {
  readonly version: string | number;
  readonly creation_timestamp?: number;
  readonly last_updated_timestamp?: number;
  readonly description?: string;
  readonly current_stage?: string;
  readonly source?: string;
  readonly run_id?: string;
  readonly run_link?: string;
  readonly tags?: readonly Pair[];
}
