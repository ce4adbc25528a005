import type { CodegenConfig } from "@graphql-codegen/cli";

const { GATEWAY_URL, GATEWAY_KEY } = process.env;

const config: CodegenConfig = {
  schema: [{ [String(GATEWAY_URL)]: { headers: { Authorization: `Bearer ${GATEWAY_KEY}` } } }],
  documents: ["src/*.ts", "examples/**/*.graphql"],
  importExtension: ".js",
  generates: {
    "src/gql/": {
      preset: "client",
      presetConfig: { persistedDocuments: true, fragmentMasking: { unmaskFunctionName: "getFragmentData" } },
      config: {
        strictScalars: true,
        scalars: { DateTime: "string", LocalDateTime: "string" },
        useTypeImports: true,
      },
    },
  },
};

export default config;
