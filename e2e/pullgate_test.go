package e2e

import "testing"

// TestPullgate starts a cluster, registries and pullgate, and tests them from
// all sides. The cases run in parallel, each in a namespace of its own.
func TestPullgate(t *testing.T) {
	s := newSuite(t)
	cases := []struct {
		name string
		test func(*testing.T, *suite)
	}{
		// images_test.go
		{"good image", testGoodImage},
		{"missing tag", testMissingTag},
		{"missing tag as kubectl shows it", testMissingTagKubectl},
		{"missing repository", testMissingRepository},
		{"missing digest", testMissingDigest},
		{"init container", testInitContainer},
		{"image volume", testImageVolume},
		{"ephemeral container", testEphemeralContainer},
		{"several bad images", testSeveralBadImages},
		{"pull policy Never", testPullPolicyNever},
		{"second Pod costs no request", testSecondPodCostsNothing},
		{"Pods at once cost one request", testPodsAtOnce},
		// coverage_test.go
		{"every position", testPositions},
		{"dry run", testDryRun},
		{"finalizer", testFinalizer},
		{"exemptions", testExemptions},
		// workloads_test.go
		{"Deployment", testDeployment},
		{"Secrets of a workload", testWorkloadSecrets},
		{"placeholders", testPlaceholders},
		{"owned workloads", testOwned},
		// conditions_test.go
		{"many containers", testManyContainers},
		// golden_test.go
		{"golden", testGolden},
		// messages_test.go
		{"messages", testMessages},
		// secrets_test.go
		{"private image", testPrivateImage},
		{"Secret in another namespace", testSecretInAnotherNamespace},
		{"refused credential", testRefusedCredential},
		{"Secret for another registry", testSecretForAnotherRegistry},
		{"malformed Secret", testMalformedSecret},
		{"Secret of the ServiceAccount", testServiceAccountSecret},
		{"Secret created after a denial", testSecretCreatedLater},
		{"one tenant's credential is not another's", testTenants},
		// token_test.go
		{"token: public image", testTokenPublic},
		{"token: private image", testTokenPrivate},
		{"token: the wrong user", testTokenWrongUser},
		// levels_test.go
		{"clouds' registries, by default", testCloudsByDefault},

		{"warn-only namespace", testWarnOnly},
		{"off namespace", testOff},
		{"strict namespace", testStrict},
		{"invalid level", testInvalidLevel},
		{"audit annotations", testAuditAnnotations},
		// outage_test.go
		{"registry stopped", testRegistryStopped},
		{"registry never there", testRegistryNeverThere},
		{"registry that never answers", testSilentRegistry},
		{"loopback is not dialled", testLoopback},
		// odd_test.go
		{"odd registry", testOddRegistry},
		// update_test.go
		{"update of the image", testUpdateImage},
		{"update of the labels", testUpdateLabels},
		{"update of one image of two", testUpdateOneOfTwo},
		{"update of a finished Pod", testUpdateFinished},
		{"update of the status and the size", testUpdateSubresources},
		// hostile_test.go
		{"long image name", testLongImageName},
		{"long tag", testLongTag},
		{"control characters", testControlCharacters},
		{"empty image name", testEmptyImageName},
		// planted_test.go
		{"planted secrets", testPlanted},
		// plantedprovider_test.go
		{"planted secrets of plugins", testPlantedProviders},
		// review_test.go
		{"bad AdmissionReviews", testBadReviews},
		// certificates_test.go
		{"certificates from a folder", testTLSCertDir},
		// config_test.go
		{"config re-read", testConfigReload},
		{"config print", testConfigPrint},
		// check_test.go
		{"check: a folder of manifests", testCheckFolder},
		{"check: a thousand images", testCheckThousand},
		// check_cluster_test.go
		{"check: what runs in the cluster", testCheckCluster},
		// check_command_test.go
		{"check: exit codes", testCheckExitCodes},
		{"check: kubectl plugin", testCheckPlugin},
		{"check: no cluster", testCheckWithoutCluster},
		// check_login_test.go
		{"check: Secret of the ServiceAccount", testCheckAccount},
		{"check: login of a file", testCheckDockerConfig},
		// check_docs_test.go
		{"check: the commands of the documentation", testCheckDocs},
		// ecr_test.go
		{"ECR: ways to an identity", testECRModes},
		{"ECR: verdicts", testECRVerdicts},
		{"ECR: one run", testECROneRun},
		{"ECR: STS silent, check", testECRSilentCheck},
		// ecr_webhook_test.go
		{"ECR: password expires", testECRWebhook},
		{"ECR: password revoked", testECRRevoked},
		{"ECR: STS silent, webhook", testECRSilentWebhook},
		// clouds_test.go
		{"Google, Azure and Harbor", testOtherClouds},
		{"Google: two keys", testGoogleTwoKeys},
		{"Azure: token", testAzureToken},
		{"bad credential providers", testBadProviders},
		// provider_end_test.go
		{"providers end with pullgate", testProviderEndsWithPullgate},
		// accounttokens_test.go
		{"tokens: of Pods", testPodTokens},
		{"tokens: without a Pod", testTokensWithoutPod},
		{"tokens: annotation mended", testTokensMended},
		{"tokens: account made anew", testTokensMadeAnew},
		{"tokens: own", testOwnTokens},
		// accounttokens_refused_test.go
		{"tokens: policy", testTokenPolicy},
		{"tokens: none", testNoTokens},
		{"tokens: of no use", testUselessTokens},
		// server_test.go
		{"SIGTERM", testSIGTERM},
		{"warm-up", testWarmUp},
		{"bad configuration", testBadConfiguration},
		{"metrics", testMetrics},
		// logs_test.go
		{"one line per denial", testLogs},
		{"manifest as shipped", testManifest},
		{"rights of the ServiceAccount", testRights},
	}
	t.Run("case", func(t *testing.T) {
		for _, tc := range cases {
			t.Run(tc.name, func(t *testing.T) {
				t.Parallel()
				tc.test(t, s)
			})
		}
	})
	if err := s.server.Healthy(t.Context()); err != nil {
		t.Errorf("after all of this, pullgate is not healthy: %v", err)
	}
}
