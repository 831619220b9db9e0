/**
 * Server reflection (grpc/reflection/v1/reflection.proto of grpc-proto), as the JSON of a protobuf namespace. The older
 * `v1alpha`, which clients still ask for, says the same under its own name.
 */
export function reflectionDefinition(release: 'v1' | 'v1alpha') {
  return { nested: { grpc: { nested: { reflection: { nested: { [release]: { nested: definitions } } } } } } };
}

const definitions = {
  ServerReflection: {
    methods: {
      ServerReflectionInfo: {
        comment: 'Clients ask for the definitions of the services.',
        requestType: 'ServerReflectionRequest',
        requestStream: true,
        responseType: 'ServerReflectionResponse',
        responseStream: true,
      },
    },
  },
  ServerReflectionRequest: {
    oneofs: {
      messageRequest: {
        oneof: [
          'fileByFilename',
          'fileContainingSymbol',
          'fileContainingExtension',
          'allExtensionNumbersOfType',
          'listServices',
        ],
      },
    },
    fields: {
      host: { type: 'string', id: 1 },
      fileByFilename: { type: 'string', id: 3 },
      fileContainingSymbol: { type: 'string', id: 4 },
      fileContainingExtension: { type: 'ExtensionRequest', id: 5 },
      allExtensionNumbersOfType: { type: 'string', id: 6 },
      listServices: { type: 'string', id: 7 },
    },
  },
  ExtensionRequest: {
    fields: { containingType: { type: 'string', id: 1 }, extensionNumber: { type: 'int32', id: 2 } },
  },
  ServerReflectionResponse: {
    oneofs: {
      messageResponse: {
        oneof: [
          'fileDescriptorResponse',
          'allExtensionNumbersResponse',
          'listServicesResponse',
          'errorResponse',
        ],
      },
    },
    fields: {
      validHost: { type: 'string', id: 1 },
      originalRequest: { type: 'ServerReflectionRequest', id: 2 },
      fileDescriptorResponse: { type: 'FileDescriptorResponse', id: 4 },
      allExtensionNumbersResponse: { type: 'ExtensionNumberResponse', id: 5 },
      listServicesResponse: { type: 'ListServiceResponse', id: 6 },
      errorResponse: { type: 'ErrorResponse', id: 7 },
    },
  },
  FileDescriptorResponse: {
    fields: { fileDescriptorProto: { rule: 'repeated', type: 'bytes', id: 1 } },
  },
  ExtensionNumberResponse: {
    fields: {
      baseTypeName: { type: 'string', id: 1 },
      extensionNumber: { rule: 'repeated', type: 'int32', id: 2 },
    },
  },
  ListServiceResponse: { fields: { service: { rule: 'repeated', type: 'ServiceResponse', id: 1 } } },
  ServiceResponse: { fields: { name: { type: 'string', id: 1 } } },
  ErrorResponse: {
    fields: { errorCode: { type: 'int32', id: 1 }, errorMessage: { type: 'string', id: 2 } },
  },
};
