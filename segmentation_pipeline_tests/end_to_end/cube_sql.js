// What Cube's own compiler and DuckDB dialect make of a data model:
//
//     NODE_PATH=.../node_modules node cube_sql.js MODEL.yml < QUERIES.json
//
// Reads a list of queries of Cube's REST API and writes a list of [SQL, parameters].  A model Cube refuses ends it with what Cube says.
// The native module, which no registry has, renders Jinja alone: the model has none.
const fs = require('fs');
const { prepareCompiler } = require('@cubejs-backend/schema-compiler');
const { DuckDBQuery } = require('@cubejs-backend/duckdb-driver/dist/src/DuckDBQuery.js');

async function main() {
  const content = fs.readFileSync(process.argv[2], 'utf8');
  const repository = { localPath: () => '', dataSchemaFiles: async () => [{ fileName: 'model.yml', content }] };
  const { compiler, joinGraph, cubeEvaluator } = prepareCompiler(repository, { nativeInstance: { newJinjaEngine: () => ({}) } });
  await compiler.compile();
  const queries = JSON.parse(fs.readFileSync(0, 'utf8'));
  const made = queries.map((query) => new DuckDBQuery({ joinGraph, cubeEvaluator, compiler }, { timezone: 'UTC', ...query }).buildSqlAndParams());
  const descriptions = cubeEvaluator.cubeList.map((cube) => [cube.name, cube.description]);
  process.stdout.write(JSON.stringify({ made, descriptions: Object.fromEntries(descriptions) }));
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
