// The tool of the bench with the TypeScript SDK: `node sdk_server.mjs PORT FOLDER`, with FOLDER that of the packages.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [port, folder] = process.argv.slice(2);
const { resolve } = createRequire(pathToFileURL(`${folder}/package.json`));
const load = (name) => import(pathToFileURL(resolve(name)).href);
const [sdk, node, { z }, { DuckDBInstance }] = await Promise.all(
    ['@modelcontextprotocol/server', '@modelcontextprotocol/node', 'zod', '@duckdb/node-api'].map(load),
);

const database = await DuckDBInstance.create(':memory:', { threads: '1' });
const connection = await database.connect();
const statement = await connection.prepare('SELECT $n + 1 AS answer');

const handler = sdk.createMcpHandler(() => {
    const server = new sdk.McpServer({ name: 'bench', version: '1.0.0' });
    server.registerTool(
        'answer',
        {
            description: 'The number after the one given',
            inputSchema: z.object({ n: z.number().int() }),
            outputSchema: z.object({ result: z.number().int() }),
        },
        async ({ n }) => {
            statement.bind({ n });
            const rows = await (await statement.run()).getRows();
            const result = Number(rows[0][0]);
            return { content: [{ type: 'text', text: String(result) }], structuredContent: { result } };
        },
    );
    return server;
});
createServer(node.toNodeHandler(handler)).listen(Number(port), '127.0.0.1');
