import type { ReportFacts } from '@ddad/contract';
import { type JobHost, serveJob, serveStop } from '@ddad/jobs';
import { createServer, JobError, type ScorerServiceServer, ScorerServiceService, toStatus } from '@ddad/rpc';
import { mapPlan, type PlanDeps, refinePlan } from './plans.ts';
import { writeReport } from './write-report.ts';

export interface ScorerDeps extends PlanDeps {
  host: JobHost;
}

/** The scorer's gRPC server; opens no socket. */
export function createScorerServer(deps: ScorerDeps): ReturnType<typeof createServer> {
  const created = createServer();
  const service: ScorerServiceServer = {
    map: serveJob(deps.host, (request) => mapPlan(request, deps)),
    refine: serveJob(deps.host, (request) => refinePlan(request, deps)),
    stop: serveStop(deps.host),
    report: (call, callback) => {
      let facts: ReportFacts;
      try {
        facts = JSON.parse(call.request.factsJson) as ReportFacts;
      } catch (cause) {
        callback(toStatus(new JobError('invalid', 'facts_json: expected JSON', { cause })));
        return;
      }
      writeReport(deps.store, facts).then(
        ({ files, scores }) =>
          callback(null, {
            reportKey: files.report,
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
