import com.jcraft.jsch.JSch;
import com.jcraft.jsch.JSchException;
import com.jcraft.jsch.Logger;
import com.jcraft.jsch.Session;

/**
 * Logs in by JSch with a password that nobody has: HOST PORT USER. Prints each line of JSch's log behind "log" and a
 * tab, and at the end the exception's message behind "outcome" and a tab.
 */
public class JschLogin {
    private static final int TIMEOUT_MS = 20_000;

    public static void main(String[] args) throws JSchException {
        JSch.setLogger(new Logger() {
            @Override
            public boolean isEnabled(int level) {
                return true;
            }

            @Override
            public void log(int level, String message) {
                System.out.println("log\t" + message);
            }
        });
        Session session = new JSch().getSession(args[2], args[0], Integer.parseInt(args[1]));
        session.setPassword("a password that nobody has");
        session.setConfig("StrictHostKeyChecking", "no");
        session.setConfig("PreferredAuthentications", "password");
        try {
            session.connect(TIMEOUT_MS);
            session.disconnect();
            System.out.println("outcome\tlogged in");
        } catch (JSchException exception) {
            System.out.println("outcome\t" + exception.getMessage());
        }
    }
}
