import type { ErrorTable } from './error-table.ts';

export const llmErrors = {
  TRACE_NOT_FOUND: {
    status: 404,
    what: 'Trace with ID {id} is not found.',
    why: 'The id is wrong, the trace was deleted, or it belongs to another workspace.',
    todo: 'Search the traces and take the id from there.',
  },
  TRACE_INCOMPLETE: {
    status: 404,
    what: 'Trace with ID {id} is not fully exported yet.',
    why: 'Fewer spans have arrived than its client announced, or they are kept in a file of the trace.',
    todo: 'Try again later, or ask for what there is with allow_partial.',
  },
  TRACE_FILTER_INVALID: {
    status: 400,
    what: 'The search of traces is not understood: {problem}.',
    why: 'Conditions are <field> <operator> <value>, joined by AND.',
    todo: "Write it like status = 'ERROR' AND span.name = 'search' AND feedback.quality > 0.5.",
  },
  TRACE_TAG_INVALID: {
    status: 400,
    what: 'The tag {name} of a trace is not allowed: {problem}.',
    why: 'Names of tags have letters, digits, spaces and _ / - . :, and at most 250 characters.',
    todo: 'Choose another name.',
  },
  TRACE_TAG_NOT_FOUND: {
    status: 404,
    what: 'The trace {id} has no tag {name}.',
    why: 'It was never set, or the name is misspelt.',
    todo: 'See the tags of the trace.',
  },
  ASSESSMENT_NOT_FOUND: {
    status: 404,
    what: 'Assessment with ID {id} is not found for trace {trace}.',
    why: 'The id is wrong, or the assessment was deleted.',
    todo: 'See the assessments of the trace.',
  },
  ASSESSMENT_KIND_DIFFERS: {
    status: 400,
    what: 'The assessment {id} is of the kind {kind} and cannot become another.',
    why: 'An expectation says what should have been, feedback how good it was; one cannot take the place of the other.',
    todo: 'Make a new assessment.',
  },
  ISSUE_NOT_FOUND: {
    status: 404,
    what: 'Issue with ID {id} is not found.',
    why: 'The id is wrong, its experiment went for good, or it belongs to another workspace.',
    todo: 'Search the issues and take the id from there.',
  },
  OTLP_MALFORMED: {
    status: 400,
    what: 'The body is no request of the OpenTelemetry protocol: {problem}.',
    why: 'It was cut off, or encoded otherwise than its Content-Type says.',
    todo: 'Send an ExportTraceServiceRequest as application/x-protobuf or application/json.',
  },
  OTLP_ENCODING: {
    status: 400,
    what: 'Invalid Content-Type {contentType}, or encoding {encoding}.',
    why: 'Traces come as application/x-protobuf or application/json, as they are or compressed with gzip or deflate.',
    todo: 'Set the exporter to http/protobuf or http/json.',
  },
  OTLP_TOO_LARGE: {
    status: 413,
    what: 'The request is larger than {limit} bytes, or becomes so when it is unpacked.',
    why: 'Spans are decoded in memory.',
    todo: 'Send fewer spans at once.',
  },
  OTLP_SENDER_UNKNOWN: {
    status: 422,
    what: 'The request says neither which experiment nor which service its spans are of.',
    why: 'Without the header x-mlflow-experiment-id, spans go to the default experiment under the service that their resource names.',
    todo: 'Send the header, or set the resource attribute service.name, which exporters do by themselves.',
  },
} as const satisfies ErrorTable;
