@{
    Severity     = @('Error', 'Warning')
    ExcludeRules = @(
        # The build and the examples talk to a person at a console.
        'PSAvoidUsingWriteHost'
        # PowerShell 7 reads UTF-8 without a mark.
        'PSUseBOMForUnicodeEncodedFile'
        # The functions here are helpers of scripts, nobody's commands.
        'PSUseShouldProcessForStateChangingFunctions'
        # It does not see a use inside a function or script block of the same script.
        'PSReviewUnusedParameter'
        # What BeforeAll sets is used in It, which the rule does not see.
        'PSUseDeclaredVarsMoreThanAssignments'
    )
}
