import { agentRoutes } from './routes/agents.ts'
import { applicationRoutes } from './routes/applications.ts'
import { configurationRoutes } from './routes/configuration.ts'
import { descriptionRoutes } from './routes/description.ts'
import { eventRoutes } from './routes/events.ts'
import { findingRoutes } from './routes/findings.ts'
import { instanceRoutes } from './routes/instances.ts'
import { notificationRoutes } from './routes/notifications.ts'
import { peopleRoutes } from './routes/people.ts'
import { proofRoutes } from './routes/proofs.ts'
import { repositoryRoutes } from './routes/repositories.ts'
import { restoreRoutes } from './routes/restores.ts'
import { runRoutes } from './routes/runs.ts'
import { snapshotRoutes } from './routes/snapshots.ts'
import { sourceRoutes } from './routes/sources.ts'
import { statusRoutes } from './routes/status.ts'
import { tierRoutes } from './routes/tiers.ts'

/** Everything that can be asked of a server, by name. An area is a file of its own, and one line here. */
export const routes = {
  ...agentRoutes,
  ...sourceRoutes,
  ...statusRoutes,
  ...applicationRoutes,
  ...repositoryRoutes,
  ...tierRoutes,
  ...runRoutes,
  ...snapshotRoutes,
  ...restoreRoutes,
  ...instanceRoutes,
  ...findingRoutes,
  ...proofRoutes,
  ...notificationRoutes,
  ...configurationRoutes,
  ...eventRoutes,
  ...peopleRoutes,
  ...descriptionRoutes,
}

export type Routes = typeof routes
export type RouteName = keyof Routes
