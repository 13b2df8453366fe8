import type { ReportFacts, RunResult } from '@ddad/contract';
import { type JobHost, serveJob, serveStop } from '@ddad/jobs';
import { createServer, type ScorerServiceServer, ScorerServiceService, toStatus } from '@ddad/rpc';
import type { ObjectStore } from '@ddad/storage';
import { kCurvePlan, mapPlan, type PlanDeps, refinePlan } from './plans.ts';
import { readFacts } from './read-facts.ts';
import { writePage } from './write-page.ts';
import { writeReport } from './write-report.ts';

export interface ScorerDeps extends PlanDeps {
  host: JobHost;
}

/** The scorer's gRPC server; opens no socket. */
export function createScorerServer(deps: ScorerDeps): ReturnType<typeof createServer> {
  const created = createServer();
  const service: ScorerServiceServer = {
    map: serveJob(deps.host, (request) => mapPlan(request, deps)),
    kCurve: serveJob(deps.host, (request) => kCurvePlan(request, deps)),
    refine: serveJob(deps.host, (request) => refinePlan(request, deps)),
    stop: serveStop(deps.host),
    report: (call, callback) => {
      let facts: ReportFacts;
      try {
        facts = readFacts(call.request.factsJson);
      } catch (error) {
        callback(toStatus(error));
        return;
      }
      writeWhole(deps.store, facts).then(
        ({ files, scores }) =>
          callback(null, {
            reportKey: files.report,
            pageKey: files.page,
            scoresKey: files.scores ?? '',
            scoresJson: JSON.stringify(scores),
          }),
        (error: unknown) => callback(toStatus(error)),
      );
    },
  };
  created.server.addService(ScorerServiceService, service);
  return created;
}

async function writeWhole(store: ObjectStore, facts: ReportFacts): Promise<RunResult> {
  const result = await writeReport(store, facts);
  await writePage(store, facts, result);
  return result;
}
