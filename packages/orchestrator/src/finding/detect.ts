import { type Detector, joinSights, type Sight, type View } from './detector.ts'
import { detectAgentVolume } from './detect/agent-volume.ts'
import { detectAgent } from './detect/agent.ts'
import { detectArchived } from './detect/archived.ts'
import { detectAnomaly } from './detect/anomaly.ts'
import { detectCapacity } from './detect/capacity.ts'
import { detectCheckFailed } from './detect/check-failed.ts'
import { detectClockSkew } from './detect/clock-skew.ts'
import { detectConfiguration } from './detect/configuration.ts'
import { detectCopyMissing } from './detect/copy-missing.ts'
import { detectDamagedSource } from './detect/damaged-source.ts'
import { detectFailed } from './detect/failed.ts'
import { detectGatewayRefused } from './detect/gateway-refused.ts'
import { detectLog } from './detect/log.ts'
import { detectObjectiveMissed } from './detect/objective-missed.ts'
import { detectOverdue } from './detect/overdue.ts'
import { detectProof } from './detect/proof.ts'
import { detectRetentionPaused } from './detect/retention-paused.ts'
import { detectSlow } from './detect/slow.ts'
import { detectUnprotected } from './detect/unprotected.ts'
import { detectUnusualSize } from './detect/unusual-size.ts'

const detectors: readonly Detector[] = [
  detectObjectiveMissed,
  detectOverdue,
  detectFailed,
  detectUnprotected,
  detectUnusualSize,
  detectSlow,
  detectLog,
  detectProof,
  detectCopyMissing,
  detectCheckFailed,
  detectCapacity,
  detectClockSkew,
  detectAnomaly,
  detectRetentionPaused,
  detectDamagedSource,
  detectArchived,
  detectAgent,
  detectGatewayRefused,
  detectAgentVolume,
  detectConfiguration,
]

/** Everything that a person should know now. Pure. */
export function detect(view: View): Sight {
  return joinSights(detectors.map((look) => look(view)))
}
