const inVendor =
  'Send it with the request: Yumen passes the fields of a request on and sets none of its own.';
const inKeys = 'Make keys of your own (yumen keys create), each with its models, limits and budget.';
const inLedger =
  'Every request is in the ledger with cost and decision: read it at /api/v1/requests and /api/v1/report.';
const circuit = 'A circuit breaker per deployment does this by itself: nothing is to be set.';
const noCache = 'Answers are not cached; the vendors’ own prompt caches are used and priced.';
const noStore = 'State is kept in the embedded store of this process (storage.url); nothing else has to run.';

/** What to do instead of a field of `litellm_params` that has no equivalent. */
const params: { [field: string]: string } = {
  api_version: 'Azure is called by its v1 API, which has no api-version.',
  azure_ad_token: 'Azure is called with a key of the resource; set the provider’s api_key.',
  tenant_id: 'Azure is called with a key of the resource; set the provider’s api_key.',
  client_id: 'Azure is called with a key of the resource; set the provider’s api_key.',
  client_secret: 'Azure is called with a key of the resource; set the provider’s api_key.',
  aws_role_name: 'Give the provider’s aws access key, or AWS_BEARER_TOKEN_BEDROCK as its api_key.',
  aws_session_name: 'Give the provider’s aws access key, or AWS_BEARER_TOKEN_BEDROCK as its api_key.',
  aws_profile_name: 'Give the provider’s aws access key, or AWS_BEARER_TOKEN_BEDROCK as its api_key.',
  aws_web_identity_token: 'Give the provider’s aws access key, or AWS_BEARER_TOKEN_BEDROCK as its api_key.',
  timeout: 'Timeouts are those of the whole gateway: see timeouts in docs/configuration.md.',
  stream_timeout: 'Timeouts are those of the whole gateway: timeouts.first_byte_ms is the nearest.',
  max_retries: 'Attempts are bounded for the whole gateway: limits.attempts_max.',
  num_retries: 'Attempts are bounded for the whole gateway: limits.attempts_max.',
  extra_headers: 'Headers of one’s own are not sent; the vendor’s parameters cover organisation and project.',
  headers: 'Headers of one’s own are not sent; the vendor’s parameters cover organisation and project.',
  tags: 'Give each key the models it may call; tags of a request (x-yumen-tags) are for reports.',
  drop_params: 'Fields that a vendor refuses are taken out and named in x-yumen-dropped-params.',
  additional_drop_params: 'Fields that a vendor refuses are taken out and named in x-yumen-dropped-params.',
  allowed_openai_params:
    'Fields are passed on; those that a vendor refuses are named in x-yumen-dropped-params.',
  mock_response: 'Use the sandbox vendor for answers without a vendor.',
  order: 'Deployments of one model share by balance; candidates of a route keep this order.',
  budget_duration: inKeys,
  max_budget: inKeys,
  organization: 'List one provider for each organisation, with parameters.organization.',
  use_in_pass_through: 'Endpoints beside chat that the vendor has are passed through without a setting.',
  cooldown_time: circuit,
  guardrails:
    'None are built in: offer yours as a service and name it under `guardrails` (docs/guardrails.md).',
};

const info: { [field: string]: string } = {
  access_groups: inKeys,
  team_id: inKeys,
  team_public_model_name: inKeys,
  supported_environments: 'Keep one configuration per environment.',
  custom_tokenizer: 'Tokens are estimated before a request; the vendor’s own count is what is recorded.',
  input_cost_per_second: 'Prices are per token: give price of the deployment, or leave it unknown.',
  output_cost_per_second: 'Prices are per token: give price of the deployment, or leave it unknown.',
};

const router: { [field: string]: string } = {
  allowed_fails: circuit,
  allowed_fails_policy: circuit,
  cooldown_time: circuit,
  disable_cooldowns: 'The circuit breaker cannot be switched off; it lets a probe through as soon as it may.',
  retry_policy: 'What is tried again follows from the class of the error: see docs/errors.md.',
  model_group_retry_policy: 'What is tried again follows from the class of the error: see docs/errors.md.',
  retry_after: 'The vendor’s retry-after is obeyed; without one the wait grows by itself.',
  enable_pre_call_checks: 'Always on: a candidate whose context is too small for a request is left out.',
  enable_pre_call_check: 'Always on: a candidate whose context is too small for a request is left out.',
  enable_tag_filtering: 'Give each key the models it may call.',
  tag_filtering_match_any: 'Give each key the models it may call.',
  provider_budget_config: 'Budgets belong to keys: yumen keys create --budget-usd-per-day.',
  routing_strategy_args: 'The balance strategies have no arguments.',
  routing_groups: 'One balance holds for all models.',
  optional_pre_call_checks: 'A conversation stays where its prompt is cached by itself.',
  max_fallbacks: 'limits.attempts_max bounds the attempts of one request, fallbacks included.',
  default_max_parallel_requests: 'Give limits.concurrent of each deployment.',
  set_verbose: 'Set LOG_LEVEL=debug.',
  debug_level: 'Set LOG_LEVEL=debug.',
};

const settings: { [field: string]: string } = {
  drop_params: 'Fields that a vendor refuses are taken out and named in x-yumen-dropped-params.',
  modify_params: 'Messages are adapted to each vendor’s declared quirks by themselves.',
  cache: noCache,
  cache_params: noCache,
  callbacks: inLedger,
  success_callback: inLedger,
  failure_callback: inLedger,
  service_callbacks: inLedger,
  turn_off_message_logging: 'Prompts and answers are never logged.',
  redact_user_api_key_info: 'Prompts, answers and keys are never logged.',
  json_logs: 'Logs are JSON always.',
  set_verbose: 'Set LOG_LEVEL=debug.',
  ssl_verify: 'Certificates are always checked; set NODE_EXTRA_CA_CERTS for a private authority.',
  max_budget: inKeys,
  budget_duration: inKeys,
  default_team_settings: inKeys,
  key_generation_settings: inKeys,
  allowed_fails: circuit,
  cooldown_time: circuit,
};

const general: { [field: string]: string } = {
  master_key:
    'Set YUMEN_ADMIN_KEY to a key of at least 20 characters, or take the one that the first start prints.',
  database_url: `${noStore} Virtual keys, teams and spend do not carry over: make keys with yumen keys create.`,
  store_model_in_db: 'The configuration file is the only source; it is read again when it changes.',
  alerting: 'There is no alerting of its own: watch the log and /api/v1/report.',
  alerting_threshold: 'There is no alerting of its own: watch the log and /api/v1/report.',
  max_parallel_requests: 'Give limits.concurrent of each deployment, or --concurrent-requests of a key.',
  global_max_parallel_requests:
    'Give limits.concurrent of each deployment, or --concurrent-requests of a key.',
  pass_through_endpoints: 'Only the vendors’ own endpoints are passed through.',
  background_health_checks:
    'Health follows from real requests: a circuit breaker sets a failing deployment aside.',
  health_check_interval:
    'Health follows from real requests: a circuit breaker sets a failing deployment aside.',
  forward_client_headers_to_llm_api: 'The headers that belong to a dialect are passed on by themselves.',
  enable_jwt_auth: inKeys,
  custom_auth: inKeys,
  allowed_routes: 'A key is for callers or for admins: yumen keys create --role.',
  infer_model_from_keys: 'Without a configuration file every vendor whose key is set is found by itself.',
};

const sections: { [field: string]: string } = {
  guardrails:
    'None are built in: offer yours as a service and name it under `guardrails` (docs/guardrails.md).',
  mcp_servers: 'Tools stay with the client: the gateway does not serve MCP.',
  callback_settings: inLedger,
  environment_variables: 'Set these in the environment of the gateway; a file holds a secret by NAME_FILE.',
  prompts: 'Prompts stay with the client.',
  vector_store_registry: 'Retrieval stays with the client.',
  search_tools: 'Tools stay with the client: the gateway does not search.',
  include: 'Import each included file on its own, or join them first.',
};

const sectionTables: { [section: string]: { [field: string]: string } } = {
  litellm_params: params,
  model_info: info,
  router_settings: router,
  litellm_settings: settings,
  general_settings: general,
  '': sections,
};

const others: { [section: string]: string } = {
  litellm_params: inVendor,
  model_info: 'It describes the model only; what Yumen knows of it is at /api/v1/catalog/models.',
};

/** One sentence on what to do instead of a setting. */
export function liteLlmAdvice(section: string, field: string): string {
  const known = sectionTables[section]?.[field];
  if (known !== undefined) return known;
  if (/^(redis|cache)_/.test(field)) return noStore;
  if (/^database_/.test(field)) return noStore;
  if (/cost/.test(field))
    return 'Prices are per token, with cached reads and writes: give price of the deployment.';
  return others[section] ?? 'There is nothing like it in Yumen: leave it out.';
}
