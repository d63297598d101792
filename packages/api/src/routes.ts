import { sourceRoutes } from './routes/sources.ts'

/** Everything that can be asked of a server, by name. An area is a file of its own, and one line here. */
export const routes = { ...sourceRoutes }

export type Routes = typeof routes
export type RouteName = keyof Routes
