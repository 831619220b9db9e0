// What tests of the whole installation need of the data plane, which the command line knows by the server alone.
export { createInferenceClient } from '@esteira/model-server/inference-client';
export { makeSelfSignedCertificate } from '@esteira/model-server/self-signed-certificate';
