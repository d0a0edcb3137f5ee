// Asks iam-simulate, an evaluator of IAM policies that we didn't write, many questions in one process.
//
// Standard input: {"policies": [policy, ...], "questions": [question, ...]}; a question names policies by their
// place in the list: {principal, action, resource, account, context, identity, session, of_resource}. Standard
// output: the verdicts in the same order, one character each: 1 allowed, 0 denied. A policy or question that the
// evaluator doesn't accept, or of which it would leave something out, ends the process: nothing is passed over.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const { runSimulation } = createRequire(join(process.argv[2], 'package.json'))('@cloud-copilot/iam-simulate')
const { policies, questions } = JSON.parse(readFileSync(0, 'utf8'))

async function allowed({ principal, action, resource, account, context, identity, session, of_resource: ofResource }) {
  const answer = await runSimulation({
    request: { principal, action, resource: { resource, accountId: account }, contextVariables: context },
    identityPolicies: identity.map((place) => ({ name: `policy-${place}`, policy: policies[place] })),
    ...(session === null ? {} : { sessionPolicy: policies[session] }),
    resourcePolicy: ofResource === null ? undefined : policies[ofResource],
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  }, {})
  const ignored = answer.result?.ignoredContextKeys ?? []
  if (answer.resultType !== 'single' || ignored.length > 0) {
    throw new Error(`${action} on ${resource} was not judged as asked: ${JSON.stringify(answer.errors ?? { ignored })}`)
  }
  return answer.overallResult === 'Allowed'
}

const verdicts = []
for (const question of questions) {
  verdicts.push(await allowed(question) ? '1' : '0')
}
process.stdout.write(verdicts.join(''))
