import { describeBackend } from '../backend-conformance.ts'
import { createMemoryBackend } from './memory-backend.ts'

describeBackend('memory backend', async () => createMemoryBackend())
