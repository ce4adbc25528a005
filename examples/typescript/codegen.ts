import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  // The running gateway describes itself; a copy of schema/schema.graphql works as well.
  schema: [
    {
      [process.env.GATEWAY_URL ?? "http://127.0.0.1:8000/graphql"]: {
        headers: { Authorization: `Bearer ${process.env.GATEWAY_KEY}` },
      },
    },
  ],
  documents: ["src/*.ts"],
  importExtension: ".js",
  generates: {
    "src/gql/": {
      preset: "client",
      config: {
        documentMode: "string",
        enumsAsTypes: true,
        strictScalars: true,
        scalars: { DateTime: "string", LocalDateTime: "string" },
        useTypeImports: true,
      },
    },
  },
};

export default config;
